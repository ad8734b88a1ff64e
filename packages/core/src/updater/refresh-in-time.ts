import type { RegistryState } from '@perigee/registry';
import { sameValue } from '../store/same-value.ts';
import type { Trust } from './trust.ts';

/**
 * Refreshes a registry's metadata as of the latest time seen, so that setting the clock back makes
 * no expired file valid again. If the clock was once ahead, that time is wrong. This is proven by a
 * newer timestamp file than at that time, with files that expire before it: no publisher signs an
 * expired file. The present clock is used then.
 */
export async function refreshInTime(
  trust: Trust,
  refreshAt: (now: Date) => Promise<RegistryState>,
): Promise<RegistryState> {
  const now = await trust.now();
  const before = await trust.read('timestamp');
  let time = now;
  const state = await refreshAt(now).catch(async (expired: unknown) => {
    time = new Date();
    if (!isExpired(expired) || time >= now) throw expired;
    const found = await refreshAt(time);
    // The same timestamp file proves nothing: a host may be holding back newer ones.
    if (!before || sameValue(before, await trust.read('timestamp'))) throw expired;
    return found;
  });
  await trust.seen(time);
  return state;
}

function isExpired(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EXPIRED';
}
