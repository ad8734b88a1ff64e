import { ProfileError } from '../error.ts';
import { MAX_ERROR_CODES } from '../limits.ts';
import type { FeatureCounts, Profile, ProfileKey } from './profile.ts';

/** One text per key; equal exactly when the keys are. */
export function keyText({ model, version, reference, backend, browser, segment, sampling, privacy, group, hour }: ProfileKey): string {
  return JSON.stringify([model, version, reference, backend, browser, segment, sampling, privacy, group, hour]);
}

/**
 * The sum of two profiles of the same key: integer addition, hence exact and independent of order and grouping.
 * @throws ProfileError INVALID_INPUT when keys or shapes differ, or a sum passes 2^53 − 1 and would not be exact
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (keyText(a.key) !== keyText(b.key)) throw new ProfileError('INVALID_INPUT', `Profiles of ${keyText(a.key)} and ${keyText(b.key)} cannot be added.`);
  return addProfiles(a, b);
}

/** The same for profiles of one reference whose other key fields differ; the key is `a`'s. For sums over windows. */
export function addProfiles(a: Profile, b: Profile): Profile {
  if (a.features.length !== b.features.length) throw shape('features', a.features.length, b.features.length);
  const { devices, failedDevices, predictions, fallbacks } = a;
  return {
    key: a.key,
    ...addCounts({ devices, failedDevices, predictions, fallbacks }, b, 'profile'),
    sessions: addCounts(a.sessions, b.sessions, 'sessions'),
    golden: addCounts(a.golden, b.golden, 'golden'),
    features: a.features.map((feature, i) => addFeature(feature, b.features[i], i)),
    labels: add(a.labels, b.labels, 'labels'),
    scores: add(a.scores, b.scores, 'scores'),
    values: add(a.values, b.values, 'values'),
    latency: a.latency.map((histogram, i) => add(histogram, b.latency[i] ?? new Float64Array(), `latency[${i}]`)),
    errors: addErrors(a.errors, b.errors),
    confusion: addCells(a.confusion, b.confusion),
    regression: addCounts(a.regression, b.regression, 'regression'),
  };
}

function addFeature(a: FeatureCounts, b: FeatureCounts | undefined, index: number): FeatureCounts {
  const what = `features[${index}]`;
  if (!b) throw shape(what, 1, 0);
  const { bins, ...counts } = a;
  return { bins: add(bins, b.bins, what), ...addCounts(counts, b, what) };
}

export function addCounts<K extends string>(a: Readonly<Record<K, number>>, b: NoInfer<Readonly<Record<K, number>>>, what: string): Record<K, number> {
  return Object.fromEntries(Object.entries(a).map(([name, count]) => [name, exact((count as number) + b[name as K], `${what}.${name}`)])) as Record<K, number>;
}

export function addCells(a: Profile['confusion'], b: Profile['confusion']): Map<number, number> {
  const total = new Map(a);
  for (const [cell, count] of b) total.set(cell, exact((total.get(cell) ?? 0) + count, 'confusion'));
  return total;
}

function add(a: Float64Array, b: Float64Array, what: string): Float64Array {
  if (a.length !== b.length) throw shape(what, a.length, b.length);
  const total = new Float64Array(a.length);
  let largest = 0;
  for (let i = 0; i < a.length; i += 1) {
    const value = (a[i] ?? 0) + (b[i] ?? 0);
    total[i] = value;
    if (value > largest) largest = value;
  }
  exact(largest, what);
  return total;
}

/**
 * Codes in alphabetical order, the first 19 kept and the rest under OTHER. Keeping the alphabetically first, rather than those that came
 * first, is what makes the result independent of order.
 */
export function addErrors(a: Profile['errors'], b: Profile['errors']): Profile['errors'] {
  const codes = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((code) => code !== 'OTHER').toSorted();
  const sum = (code: string): number => exact((a[code] ?? 0) + (b[code] ?? 0), `errors.${code}`);
  const kept = codes.slice(0, MAX_ERROR_CODES - 1);
  const other = codes.slice(MAX_ERROR_CODES - 1).reduce((total, code) => total + sum(code), sum('OTHER'));
  exact(other, 'errors.OTHER');
  return Object.fromEntries([...kept.map((code) => [code, sum(code)] as const), ...(other > 0 ? [['OTHER', other] as const] : [])]);
}

export function exact(sum: number, what: string): number {
  if (sum > Number.MAX_SAFE_INTEGER) throw new ProfileError('INVALID_INPUT', `Profiles cannot be added: ${what} would be ${sum}, more than 2^53 − 1.`);
  return sum;
}

export function shape(what: string, a: number, b: number): ProfileError {
  return new ProfileError('INVALID_INPUT', `Profiles of different references cannot be added: ${what} has ${a} and ${b} entries.`);
}
