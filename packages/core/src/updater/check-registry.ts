import { layout } from '@perigee/registry';
import { messageOf } from '../error.ts';
import { shownUrl } from '../request/refusal.ts';
import type { Requester } from '../request/requester.ts';
import { asPerigeeError } from '../rpc/error-wire.ts';
import type { RegistryCheck } from '../rpc/updater-api.ts';
import type { ModelStore } from '../store/store.ts';
import type { RegistryClient } from './registry-client.ts';
import { lastSeenMs } from './trust.ts';

/**
 * Makes the first requests of a load and compares clocks. Does not throw, and ends within
 * `timeoutMs`.
 */
export async function checkRegistry(
  store: ModelStore,
  registry: RegistryClient,
  base: string,
  timeoutMs: number,
  ask: Requester = fetch,
): Promise<RegistryCheck> {
  const signal = AbortSignal.timeout(timeoutMs);
  const [fault, aheadOfHostMs, seenMs] = await Promise.all([
    faultOf(registry.refresh(signal)),
    aheadOfHost(registry, ask, signal),
    lastSeenMs(store, base),
  ]);
  // A time seen before is later than now only if the clock was ahead then or was set back.
  const aheadOfSeenMs = Math.min(0, Date.now() - seenMs);
  return {
    base: shownUrl(base),
    fault,
    isStale: await registry.isStale().catch(() => false),
    clockAheadMs: aheadOfHostMs ?? aheadOfSeenMs,
  };
}

async function faultOf(work: Promise<unknown>): Promise<RegistryCheck['fault']> {
  try {
    await work;
    return null;
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const code = asPerigeeError(error)?.code ?? (isLate ? 'NETWORK' : 'UNKNOWN');
    return { code, message: messageOf(error) };
  }
}

/**
 * Returns how many milliseconds this clock is ahead of the host's, by the `Date` header; null where
 * scripts cannot read it.
 */
async function aheadOfHost(
  registry: RegistryClient,
  ask: Requester,
  signal: AbortSignal,
): Promise<number | null> {
  const [url = ''] = registry.urls(layout.timestamp);
  if (!/^https?:/i.test(url)) return null;
  try {
    const init: RequestInit = { method: 'HEAD', cache: 'no-store', credentials: 'omit', signal };
    const { headers } = await ask(url, init);
    const sentMs = Date.parse(headers.get('date') ?? '');
    // A cache reports the response's age in seconds.
    const ageMs = Number(headers.get('age') ?? 0) * 1_000;
    return Number.isFinite(sentMs) && Number.isFinite(ageMs) ? Date.now() - sentMs - ageMs : null;
  } catch {
    return null;
  }
}
