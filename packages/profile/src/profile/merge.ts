import { ProfileError } from '../error.ts';
import { MAX_ERROR_CODES } from '../limits.ts';
import type { FeatureCounts, Profile, ProfileKey } from './profile.ts';

/**
 * A text for a key. Two texts are equal if and only if the keys are.
 * @example
 * ```ts
 * sums.set(keyText(profile.key), profile);
 * ```
 */
export function keyText({
  model,
  version,
  reference,
  backend,
  browser,
  segment,
  sampling,
  privacy,
  group,
  hour,
}: ProfileKey): string {
  return JSON.stringify([
    model,
    version,
    reference,
    backend,
    browser,
    segment,
    sampling,
    privacy,
    group,
    hour,
  ]);
}

/**
 * The sum of two profiles with the same key. It is integer addition, so order and grouping do not
 * matter. Sums are exact up to 2^53 − 1 and stay there.
 * @throws ProfileError INVALID_INPUT when keys or shapes differ
 * @example
 * ```ts
 * const sum = profiles.reduce(mergeProfiles);
 * ```
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (keyText(a.key) !== keyText(b.key))
    throw new ProfileError(
      'INVALID_INPUT',
      `Profiles of ${keyText(a.key)} and ${keyText(b.key)} cannot be added.`,
    );
  return addProfiles(a, b);
}

/**
 * The sum of two profiles of one reference whose other key fields may differ. It has the key of
 * `a`. For sums over time windows.
 * @throws ProfileError INVALID_INPUT when shapes differ
 * @example
 * ```ts
 * const day = hours.reduce(addProfiles);
 * ```
 */
export function addProfiles(a: Profile, b: Profile): Profile {
  if (a.features.length !== b.features.length)
    throw shape('features', a.features.length, b.features.length);
  const { devices, failedDevices, predictions, fallbacks } = a;
  return {
    key: a.key,
    ...addCounts({ devices, failedDevices, predictions, fallbacks }, b),
    sessions: addCounts(a.sessions, b.sessions),
    golden: addCounts(a.golden, b.golden),
    features: a.features.map((feature, i) => addFeature(feature, b.features[i], i)),
    labels: add(a.labels, b.labels, 'labels'),
    scores: add(a.scores, b.scores, 'scores'),
    values: add(a.values, b.values, 'values'),
    latency: a.latency.map((histogram, i) =>
      add(histogram, b.latency[i] ?? new Float64Array(), `latency[${i}]`),
    ),
    errors: addErrors(a.errors, b.errors),
    confusion: addCells(a.confusion, b.confusion),
    regression: addCounts(a.regression, b.regression),
  };
}

function addFeature(a: FeatureCounts, b: FeatureCounts | undefined, index: number): FeatureCounts {
  const what = `features[${index}]`;
  if (!b) throw shape(what, 1, 0);
  const { bins, ...counts } = a;
  return { bins: add(bins, b.bins, what), ...addCounts(counts, b) };
}

export function addCounts<K extends string>(
  a: Readonly<Record<K, number>>,
  b: NoInfer<Readonly<Record<K, number>>>,
): Record<K, number> {
  return Object.fromEntries(
    Object.entries(a).map(([name, count]) => [name, capped((count as number) + b[name as K])]),
  ) as Record<K, number>;
}

export function addCells(a: Profile['confusion'], b: Profile['confusion']): Map<number, number> {
  const total = new Map(a);
  for (const [cell, count] of b) total.set(cell, capped((total.get(cell) ?? 0) + count));
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
  return largest > Number.MAX_SAFE_INTEGER ? total.map(capped) : total;
}

/**
 * Adds error counts. It keeps the alphabetically first 19 codes and puts the rest under OTHER. The
 * rule is alphabetical, not first come, so that the result does not depend on order.
 */
export function addErrors(a: Profile['errors'], b: Profile['errors']): Profile['errors'] {
  const codes = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((code) => code !== 'OTHER')
    .toSorted();
  const sum = (code: string): number => capped((a[code] ?? 0) + (b[code] ?? 0));
  const kept = codes.slice(0, MAX_ERROR_CODES - 1);
  const other = capped(
    codes.slice(MAX_ERROR_CODES - 1).reduce((total, code) => total + sum(code), sum('OTHER')),
  );
  return Object.fromEntries([
    ...kept.map((code) => [code, sum(code)] as const),
    ...(other > 0 ? [['OTHER', other] as const] : []),
  ]);
}

/**
 * Caps a sum at 2^53 − 1, above which it would not be exact. One absurd count must not make all
 * others unreadable.
 */
export function capped(sum: number): number {
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}

export function shape(what: string, a: number, b: number): ProfileError {
  return new ProfileError(
    'INVALID_INPUT',
    `Profiles of different references cannot be added: ${what} has ${a} and ${b} entries.`,
  );
}
