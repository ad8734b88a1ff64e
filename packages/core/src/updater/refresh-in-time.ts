import type { RegistryState } from '@perigee/registry';
import { sameValue } from '../store/same-value.ts';
import type { Trust } from './trust.ts';

/**
 * Brings a registry's metadata up to date at the latest time that was seen, so that a clock that is
 * set back makes nothing valid again. That time is wrong when the clock was ahead once. A newer
 * timestamp than the one of that time, with files that end before it, proves this: no publisher
 * signs what has expired. The clock of now holds then.
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
    // The same timestamp may be an old one that a host holds back.
    if (!before || sameValue(before, await trust.read('timestamp'))) throw expired;
    return found;
  });
  await trust.seen(time);
  return state;
}

function isExpired(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EXPIRED';
}
