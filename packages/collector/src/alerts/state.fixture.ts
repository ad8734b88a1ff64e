import type { Alert, AlertEvent } from './alert.ts';
import type { Finding } from './finding.ts';
import { DEFAULT_RULES } from './rules.ts';
import type { Rules } from './rules.ts';
import { step } from './state.ts';
import type { Times } from './state.ts';

export const HOUR_MS = 3_600_000;
export const START = 490_000;

export function finding(change: Partial<Finding> & { value?: number } = {}): Finding {
  const { value = 0.06, ...rest } = change;
  return {
    rule: 'feature-drift',
    model: 'digits',
    version: '1.1.0',
    segment: '',
    subject: 'ink',
    severity: 'ticket',
    effect: { value, low: value - 0.01, high: value + 0.01, threshold: 0.03, unit: 'distance' },
    effectiveN: 900,
    devices: 400,
    topFeatures: [{ name: 'ink', contribution: 0.7 }],
    firstVersionSeen: '1.1.0',
    fromHour: START - 1,
    toHour: START,
    summary: 'ink moved.',
    ...rest,
  };
}

/** Evaluates a window when it ends. */
export function at(nowMs: number): Times {
  return { nowMs, seenAtMs: nowMs };
}

/**
 * Steps through windows an hour apart. `said` holds the events as text. Between steps, the state is
 * serialised as in a store.
 */
export function run(windows: readonly (readonly Finding[])[], rules: Rules = DEFAULT_RULES) {
  let open: Alert[] = [];
  const events: AlertEvent[] = [];
  for (const [i, findings] of windows.entries()) {
    const next = step(open, findings, rules, at((START + i) * HOUR_MS));
    open = JSON.parse(JSON.stringify(next.alerts)) as Alert[];
    events.push(...next.events);
  }
  const said = events.map(
    ({ type, notify, atMs, alert: { rule } }) =>
      `${atMs / HOUR_MS - START} ${type} ${rule}${notify ? '' : ' (quiet)'}`,
  );
  return { open, events, said };
}

export const firing = ({ open }: { open: readonly Alert[] }): Alert[] =>
  open.filter(({ state }) => state === 'firing');
