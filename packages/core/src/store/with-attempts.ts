import type { VersionRecord } from './store.ts';

/** The record with its number of attempts changed, which is at least 0. */
export function withAttempts(
  record: VersionRecord | undefined,
  by: 1 | -1,
): VersionRecord | undefined {
  return record && { ...record, attempts: Math.max(0, record.attempts + by) };
}
