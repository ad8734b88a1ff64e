import { ProfileError } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { countsOf } from '../totals.ts';
import type { Row } from './connection.ts';
import { flatten } from './flat.ts';
import type { FlatCounts } from './flat.ts';
import { SUMMED } from './schema.ts';

export const PROFILE_COLUMNS = [
  'batch_id',
  'item',
  'model',
  'version',
  'hour',
  'reference',
  'backend',
  'browser',
  'segment',
  'sampling',
  'privacy',
  'grp',
  'shape',
  ...SUMMED,
] as const;

/** Numbers per insert: about 10 MB of JSON. */
const MAX_NUMBERS = 2 ** 21;

/**
 * Converts batches to rows, in parts that are inserted one after the other.
 * @throws ProfileError for an invalid count, before any part is returned
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
  const { model, version, hour, reference, backend, browser, segment, sampling, privacy, group } =
    profile.key;
  return [
    batchId,
    item,
    model,
    version,
    hour,
    reference,
    backend,
    browser,
    segment,
    sampling,
    privacy,
    group,
    flat.shape,
    ...countsOf(profile),
    flat.counts,
    flat.errors,
    flat.confusion,
  ];
}

function checkCounts({ counts, errors, confusion }: FlatCounts): void {
  for (const list of [counts, Object.values(errors), Object.values(confusion)]) {
    const wrong = list.find((count) => !Number.isSafeInteger(count) || count < 0);
    if (wrong !== undefined)
      throw new ProfileError(
        'INVALID_INPUT',
        `A count must be a whole number from 0 to 2^53 − 1; got ${wrong}.`,
      );
  }
}

/** A sum from the database, capped at the largest exact integer. */
export function countOf(value: unknown): number {
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}
