import { addCells, addCounts, addErrors, capped, shape } from './merge.ts';
import type { FeatureCounts, Profile } from './profile.ts';

/**
 * A copy of a profile whose arrays are not shared.
 * @example
 * ```ts
 * let sum = ownCopy(first);
 * ```
 */
export function ownCopy(profile: Profile): Profile {
  const { features, labels, scores, values, latency, confusion } = profile;
  return {
    ...profile,
    features: features.map((feature) => ({ ...feature, bins: feature.bins.slice() })),
    labels: labels.slice(),
    scores: scores.slice(),
    values: values.slice(),
    latency: latency.map((one) => one.slice()),
    confusion: new Map(confusion),
  };
}

/**
 * Adds like `addProfiles()`, but into the arrays of `sum`, for sums of thousands of profiles. Use
 * the result instead of `sum`. The arrays of `sum` must not be shared: take a sum or an
 * `ownCopy()`, because a decoded profile may share its arrays.
 * @throws ProfileError INVALID_INPUT like `addProfiles()`; some of the counts may then have been
 * added
 * @example
 * ```ts
 * for (const profile of rest) sum = addInto(sum, profile);
 * ```
 */
export function addInto(sum: Profile, profile: Profile): Profile {
  if (sum.features.length !== profile.features.length)
    throw shape('features', sum.features.length, profile.features.length);
  sum.features.forEach((feature, i) => addFeature(feature, profile.features[i], i));
  add(sum.labels, profile.labels, 'labels');
  add(sum.scores, profile.scores, 'scores');
  add(sum.values, profile.values, 'values');
  sum.latency.forEach((histogram, i) =>
    add(histogram, profile.latency[i] ?? new Float64Array(), `latency[${i}]`),
  );
  return {
    ...sum,
    devices: capped(sum.devices + profile.devices),
    failedDevices: capped(sum.failedDevices + profile.failedDevices),
    predictions: capped(sum.predictions + profile.predictions),
    fallbacks: capped(sum.fallbacks + profile.fallbacks),
    sessions: addCounts(sum.sessions, profile.sessions),
    golden: addCounts(sum.golden, profile.golden),
    errors: isEmpty(profile.errors) ? sum.errors : addErrors(sum.errors, profile.errors),
    confusion:
      profile.confusion.size === 0 ? sum.confusion : addCells(sum.confusion, profile.confusion),
    regression:
      profile.regression.count === 0
        ? sum.regression
        : addCounts(sum.regression, profile.regression),
  };
}

function addFeature(
  sum: { -readonly [K in keyof FeatureCounts]: FeatureCounts[K] },
  profile: FeatureCounts | undefined,
  index: number,
): void {
  if (!profile) throw shape(`features[${index}]`, 1, 0);
  add(sum.bins, profile.bins, 'features');
  sum.missing = capped(sum.missing + profile.missing);
  sum.invalid = capped(sum.invalid + profile.invalid);
  sum.below = capped(sum.below + profile.below);
  sum.above = capped(sum.above + profile.above);
}

function add(sum: Float64Array, counts: Float64Array, what: string): void {
  if (sum.length !== counts.length) throw shape(what, sum.length, counts.length);
  let largest = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const value = (sum[i] ?? 0) + (counts[i] ?? 0);
    sum[i] = value;
    if (value > largest) largest = value;
  }
  if (largest > Number.MAX_SAFE_INTEGER)
    for (let i = 0; i < sum.length; i += 1) sum[i] = capped(sum[i] ?? 0);
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}
