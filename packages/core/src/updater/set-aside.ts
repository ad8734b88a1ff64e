import type { VersionRecord } from '../store/store.ts';

/** How long a version is left alone the first time. Each further time takes twice as long. */
const FIRST_MS = 24 * 60 * 60_000;
const MOST_TIMES = 5;

/**
 * A version that is left because processes or pages ended with it. It may not be to blame: the
 * device was short of memory, or was switched off. So it is not bad for ever, but tried again later.
 */
export function setAside(record: VersionRecord, reason: string): VersionRecord {
  const timesSetAside = (record.timesSetAside ?? 0) + 1;
  const retryAtMs = Date.now() + FIRST_MS * 2 ** (Math.min(timesSetAside, MOST_TIMES) - 1);
  return { ...record, state: 'bad', reason, attempts: 0, timesSetAside, retryAtMs };
}

/** Whether it must not be installed now. */
export function isLeftAlone({ state, retryAtMs = Infinity }: VersionRecord): boolean {
  return state === 'bad' && Date.now() < retryAtMs;
}
