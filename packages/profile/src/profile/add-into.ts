import { addCells, addCounts, addErrors, exact, shape } from './merge.ts';
import type { FeatureCounts, Profile } from './profile.ts';

/** The same counts in arrays that nothing else has. */
export function ownCopy(profile: Profile): Profile {
  const { features, labels, scores, values, latency, confusion } = profile;
  return { ...profile, features: features.map((feature) => ({ ...feature, bins: feature.bins.slice() })), labels: labels.slice(), scores: scores.slice(), values: values.slice(), latency: latency.map((one) => one.slice()), confusion: new Map(confusion) };
}

/**
 * `addProfiles()` into the arrays of the first, for sums that grow by thousands of profiles; `sum` is used up, the result takes its place. Its
 * arrays must be its own, as those of a sum or of an `ownCopy()` are: those of a decoded profile may be shared.
 * @throws ProfileError INVALID_INPUT like `addProfiles()`; then a part may have been added
 */
export function addInto(sum: Profile, profile: Profile): Profile {
  if (sum.features.length !== profile.features.length) throw shape('features', sum.features.length, profile.features.length);
  sum.features.forEach((feature, i) => addFeature(feature, profile.features[i], i));
  add(sum.labels, profile.labels, 'labels');
  add(sum.scores, profile.scores, 'scores');
  add(sum.values, profile.values, 'values');
  sum.latency.forEach((histogram, i) => add(histogram, profile.latency[i] ?? new Float64Array(), `latency[${i}]`));
  return {
    ...sum,
    devices: exact(sum.devices + profile.devices, 'devices'),
    failedDevices: exact(sum.failedDevices + profile.failedDevices, 'failedDevices'),
    predictions: exact(sum.predictions + profile.predictions, 'predictions'),
    fallbacks: exact(sum.fallbacks + profile.fallbacks, 'fallbacks'),
    sessions: addCounts(sum.sessions, profile.sessions, 'sessions'),
    golden: addCounts(sum.golden, profile.golden, 'golden'),
    errors: isEmpty(profile.errors) ? sum.errors : addErrors(sum.errors, profile.errors),
    confusion: profile.confusion.size === 0 ? sum.confusion : addCells(sum.confusion, profile.confusion),
    regression: profile.regression.count === 0 ? sum.regression : addCounts(sum.regression, profile.regression, 'regression'),
  };
}

function addFeature(sum: { -readonly [K in keyof FeatureCounts]: FeatureCounts[K] }, profile: FeatureCounts | undefined, index: number): void {
  if (!profile) throw shape(`features[${index}]`, 1, 0);
  add(sum.bins, profile.bins, 'features');
  sum.missing = exact(sum.missing + profile.missing, 'missing');
  sum.invalid = exact(sum.invalid + profile.invalid, 'invalid');
  sum.below = exact(sum.below + profile.below, 'below');
  sum.above = exact(sum.above + profile.above, 'above');
}

function add(sum: Float64Array, counts: Float64Array, what: string): void {
  if (sum.length !== counts.length) throw shape(what, sum.length, counts.length);
  let largest = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const value = (sum[i] ?? 0) + (counts[i] ?? 0);
    sum[i] = value;
    if (value > largest) largest = value;
  }
  exact(largest, what);
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}
