import { ProfileError } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { countsOf } from '../totals.ts';
import type { Row } from './connection.ts';
import { boundOf, flatten } from './flat.ts';
import type { FlatCounts } from './flat.ts';
import { SUMMED } from './schema.ts';

export const PROFILE_COLUMNS = ['batch_id', 'item', 'model', 'version', 'hour', 'reference', 'backend', 'browser', 'segment', 'sampling', 'privacy', 'grp', 'shape', ...SUMMED] as const;

/** Numbers in one insert: some ten MB of JSON. */
const MAX_NUMBERS = 2 ** 21;
/** While the bounds of rows add up to less, no sum of them has left 64 bits. Bounds are floating point, which does not wrap around. */
const MAX_BOUND = 2 ** 63;

/**
 * Rows of batches, in parts that are inserted one after the other.
 * @throws ProfileError for counts that are none, before there is a part
 */
export function profileRows(batches: readonly SealedBatch[]): Row[][] {
  const parts: Row[][] = [];
  let numbers = Number.POSITIVE_INFINITY;
  for (const { batchId, profiles } of batches) {
    for (const [item, profile] of profiles.entries()) {
      const flat = flatten(profile);
      checkCounts(flat);
      if (numbers > MAX_NUMBERS) {
        parts.push([]);
        numbers = 0;
      }
      parts.at(-1)?.push(profileRow(batchId, item, profile, flat));
      numbers += flat.counts.length;
    }
  }
  return parts;
}

function profileRow(batchId: string, item: number, profile: Profile, flat: FlatCounts): Row {
  const { model, version, hour, reference, backend, browser, segment, sampling, privacy, group } = profile.key;
  const totals = countsOf(profile);
  return [batchId, item, model, version, hour, reference, backend, browser, segment, sampling, privacy, group, flat.shape, ...totals, flat.counts, flat.errors, flat.confusion, Math.max(boundOf(flat), ...totals)];
}

function checkCounts({ counts, errors, confusion }: FlatCounts): void {
  for (const list of [counts, Object.values(errors), Object.values(confusion)]) {
    const wrong = list.find((count) => !Number.isSafeInteger(count) || count < 0);
    if (wrong !== undefined) throw new ProfileError('INVALID_INPUT', `A count must be a whole number from 0 to 2^53 − 1; got ${wrong}.`);
  }
}

/** @throws ProfileError for sums that might have wrapped around in the database */
export function checkBound(bound: unknown): void {
  if (!(Number(bound) < MAX_BOUND)) throw new ProfileError('INVALID_INPUT', 'Profiles cannot be added: a count might be more than 2^63.');
}

/** @throws ProfileError for a sum that is not exact */
export function exactCount(value: unknown, what: string): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count)) throw new ProfileError('INVALID_INPUT', `Profiles cannot be added: ${what} would be ${String(value)}, more than 2^53 − 1.`);
  return count;
}
