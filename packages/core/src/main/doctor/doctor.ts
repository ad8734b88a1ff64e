import type { PerigeeState } from '../perigee-state.ts';
import type { Check, Finding } from './finding.ts';
import { checkGpu } from './gpu.ts';
import { checkIsolation } from './isolation.ts';
import { checkNative } from './native.ts';
import { firstSentence, messageOf } from './sentence.ts';
import { checkStorage } from './storage.ts';
import { checkUpdater } from './updater.ts';
import { checkWasm } from './wasm.ts';

/** The most time to wait for a check. The checks' own limits are shorter. */
const CHECK_MS = 30_000;
const SEVERITIES = ['error', 'warning', 'info'] as const;

/**
 * Lists what is degraded on this device and how to mend it, the worst first; empty when nothing is.
 * The files of this folder import nothing from the main bundle, because bundlers would split it.
 * @throws PerigeeError DISPOSED
 */
export async function diagnose(state: PerigeeState): Promise<readonly Finding[]> {
  const started = (await within(CHECK_MS, startOf(state))) ?? [unfinished('the updater')];
  const checks: [string, Check][] = [
    ['threads', () => checkIsolation(state)],
    ['WebGPU', () => checkGpu(state)],
    ['the native runtime', () => checkNative(state)],
    ['wasm', () => checkWasm(state)],
  ];
  if (started.length === 0) {
    checks.push(
      ['storage', () => checkStorage(state)],
      ['the registry', () => checkUpdater(state)],
    );
  }
  const findings = await Promise.all(checks.map(([name, check]) => bounded(state, name, check)));
  return [...started, ...findings.flat()].sort(compare);
}

/**
 * Returns a finding when the updater does not start. Storage and registry cannot be checked then.
 */
async function startOf({ startedUpdater, main }: PerigeeState): Promise<readonly Finding[]> {
  try {
    await startedUpdater();
    return [];
  } catch (error) {
    if (error instanceof main.PerigeeError && error.code === 'DISPOSED') throw error;
    return [
      {
        id: 'updater-failed',
        severity: 'error',
        what: 'No model can be loaded by name, because the updater does not start.',
        why: firstSentence(messageOf(error)),
        remedy: 'Mend the cause; docs/errors.md has an entry for every error code.',
      },
    ];
  }
}

async function bounded(
  { main }: PerigeeState,
  name: string,
  check: Check,
): Promise<readonly Finding[]> {
  try {
    return (await within(CHECK_MS, check())) ?? [unfinished(name)];
  } catch (error) {
    if (error instanceof main.PerigeeError && error.code === 'DISPOSED') throw error;
    return [failed(name, firstSentence(messageOf(error)))];
  }
}

function unfinished(name: string): Finding {
  return failed(name, `It did not end within ${CHECK_MS / 1_000} s.`);
}

function failed(name: string, why: string): Finding {
  return {
    id: 'check-failed',
    severity: 'warning',
    what: `The check of ${name} gave no result.`,
    why,
    remedy: 'Reload the page, or start the process anew, and call doctor() again.',
  };
}

/** Resolves to the result of the work, or undefined after `ms`. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}

function compare(a: Finding, b: Finding): number {
  const bySeverity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  return bySeverity || (a.id + a.what < b.id + b.what ? -1 : 1);
}
