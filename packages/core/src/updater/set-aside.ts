import type { VersionRecord } from '../store/store.ts';

/**
 * Time in milliseconds for which a version is set aside the first time. It doubles each further
 * time, up to MOST_TIMES.
 */
const FIRST_MS = 24 * 60 * 60_000;
const MOST_TIMES = 5;

type SetAside = Pick<
  VersionRecord,
  'state' | 'reason' | 'attempts' | 'timesSetAside' | 'retryAtMs'
>;

/**
 * Changes that set aside a version during which processes or pages ended. The cause may be another:
 * the device was short of memory or was switched off. So the version is tried again later.
 */
export function setAside(record: VersionRecord, reason: string): SetAside {
  const timesSetAside = (record.timesSetAside ?? 0) + 1;
  const retryAtMs = Date.now() + FIRST_MS * 2 ** (Math.min(timesSetAside, MOST_TIMES) - 1);
  return { state: 'bad', reason, attempts: 0, timesSetAside, retryAtMs };
}

/** Whether the version must not be installed now. */
export function isLeftAlone({ state, retryAtMs = Infinity }: VersionRecord): boolean {
  return state === 'bad' && Date.now() < retryAtMs;
}
