import { MAX_FEATURES } from '../limits.ts';
import { list } from '../parts/list.ts';
import { struct } from '../parts/struct.ts';
import { FEATURE, FIELDS } from './layout.ts';
import type { FeatureCounts, Profile, ProfileCounts } from './layout.ts';

/** Fields that have columns of their own. */
type OwnColumn = 'failedDevices' | 'errors' | 'confusion';

const { bins, ...featureCounts } = FEATURE;

/** The order of the numbers in stored rows. It must not change. It differs from the encoding. */
const ROW = struct<Omit<ProfileCounts, OwnColumn>>({
  devices: FIELDS.devices,
  predictions: FIELDS.predictions,
  fallbacks: FIELDS.fallbacks,
  sessions: FIELDS.sessions,
  golden: FIELDS.golden,
  regression: FIELDS.regression,
  features: list('features', MAX_FEATURES, struct<FeatureCounts>({ ...featureCounts, bins })),
  labels: FIELDS.labels,
  scores: FIELDS.scores,
  values: FIELDS.values,
  latency: FIELDS.latency,
});

/**
 * The counts of a profile as one row of numbers, so that a database can add profiles by adding
 * rows. Rows of different histogram lengths cannot be added.
 * @example
 * ```ts
 * const numbers = rowOf(profile);
 * ```
 */
export function rowOf(profile: Profile): number[] {
  const row: number[] = [];
  ROW.each(profile, (count) => row.push(count));
  return row;
}

/**
 * The profile of a row. The error codes, the confusion matrix and `failedDevices` are those of
 * `shape`.
 * @param shape a profile with histograms of the row's lengths
 * @returns undefined unless the row has exactly as many numbers as the shape
 * @example
 * ```ts
 * const sum = profileOfRow(rowOf(profile), profile);
 * ```
 */
export function profileOfRow(row: readonly number[], shape: Profile): Profile | undefined {
  let at = 0;
  const counts = ROW.map(shape, () => row[at++] ?? Number.NaN);
  return at === row.length ? { ...shape, ...counts } : undefined;
}
