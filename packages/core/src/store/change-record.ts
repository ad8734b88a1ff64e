import type { VersionName, VersionRecord, VersionState, VersionStore } from './store.ts';

/** Returns the new record of a version, given the stored one; undefined leaves it as it is. */
type ChangeRecord = (stored: VersionRecord | undefined) => VersionRecord | undefined;

/** The record with its number of attempts changed, which is at least 0. */
function withAttempts(stored: VersionRecord | undefined, by: 1 | -1): VersionRecord | undefined {
  return stored && { ...stored, attempts: Math.max(0, stored.attempts + by) };
}

/** The record of a version that is fetched, with what the stored one says of its trials. */
export function withTrials(
  stored: VersionRecord | undefined,
  fetched: VersionRecord,
): VersionRecord {
  if (!stored) return fetched;
  const { state, attempts, timesSetAside } = stored;
  return {
    ...fetched,
    // A bad version is fetched only when it may be tried again.
    state: state === 'bad' ? fetched.state : state,
    attempts,
    ...(timesSetAside !== undefined && { timesSetAside }),
  };
}

/** The record with some changes; undefined if its state is none of `from`. */
function withChanges(
  stored: VersionRecord | undefined,
  from: readonly VersionState[],
  changes: Partial<VersionRecord>,
): VersionRecord | undefined {
  return stored && from.includes(stored.state) ? { ...stored, ...changes } : undefined;
}

/** Writes the new record of a version in one strict transaction. Resolves to what was written. */
export type ChangeStored = (
  what: string,
  named: VersionName,
  to: ChangeRecord,
) => Promise<VersionRecord | undefined>;

/** The methods of a store that change a record by what is stored. */
export function changingMethods(
  change: ChangeStored,
): Pick<VersionStore, 'stageVersion' | 'changeVersion' | 'addAttempts'> {
  return {
    async stageVersion(record) {
      await change('Storing a version', record, (stored) => withTrials(stored, record));
    },
    async changeVersion(named, from, changes) {
      await change('Changing a version', named, (stored) => withChanges(stored, from, changes));
    },
    async addAttempts(model, version, variant, by) {
      const named = { model, version, variant };
      const counted = await change('Counting an attempt', named, (one) => withAttempts(one, by));
      return counted?.attempts ?? 0;
    },
  };
}
