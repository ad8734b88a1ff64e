import { layout } from '@perigee/registry';
import { messageOf } from '../error.ts';
import { shownUrl } from '../request/refusal.ts';
import type { Requester } from '../request/requester.ts';
import { asPerigeeError } from '../rpc/error-wire.ts';
import type { RegistryCheck } from '../rpc/protocol.ts';
import type { ModelStore } from '../store/store.ts';
import type { RegistryClient } from './registry-client.ts';
import { lastSeenMs } from './trust.ts';

/**
 * Asks the registry what a load asks first, and compares clocks. It throws nothing, and ends within
 * `timeoutMs`.
 */
export async function checkRegistry(
  store: ModelStore, registry: RegistryClient, base: string, timeoutMs: number,
  ask: Requester = fetch,
): Promise<RegistryCheck> {
  const signal = AbortSignal.timeout(timeoutMs);
  const [fault, aheadOfHostMs, seenMs] = await Promise.all([
    faultOf(registry.refresh(signal)), aheadOfHost(registry, ask, signal), lastSeenMs(store, base),
  ]);
  // A time that was seen before is never later than now, unless the clock was turned back.
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
 * How far this clock is ahead of the host's, by the date of an answer; null where scripts cannot
 * see a date.
 */
async function aheadOfHost(
  registry: RegistryClient, ask: Requester, signal: AbortSignal,
): Promise<number | null> {
  const [url = ''] = registry.urls(layout.timestamp);
  if (!/^https?:/i.test(url)) return null;
  try {
    const init: RequestInit = { method: 'HEAD', cache: 'no-store', credentials: 'omit', signal };
    const { headers } = await ask(url, init);
    const sentMs = Date.parse(headers.get('date') ?? '');
    // A cache says how long ago the host sent it.
    const ageMs = Number(headers.get('age') ?? 0) * 1_000;
    return Number.isFinite(sentMs) && Number.isFinite(ageMs) ? Date.now() - sentMs - ageMs : null;
  } catch {
    return null;
  }
}
