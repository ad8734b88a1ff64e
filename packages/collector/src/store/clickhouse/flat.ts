import { addProfiles, emptyProfile, ProfileError } from '@perigee/profile';
import type { FeatureCounts, Profile, ProfileKey } from '@perigee/profile';

/**
 * The counts of a profile as one row of numbers, so that the database adds profiles by adding rows.
 */
export interface FlatCounts {
  /** Has its own column, so that rows written before it existed can be added to newer rows. */
  readonly failedDevices: number;
  /**
   * Length of each histogram, for example "21*4,10*1|2|100|0|96*6". Only rows of the same shape can
   * be added.
   */
  readonly shape: string;
  readonly counts: readonly number[];
  readonly errors: Readonly<Record<string, number>>;
  readonly confusion: Readonly<Record<string, number>>;
}

/** A sum read from the database, with the number of profiles in it. */
export interface FlatSum extends FlatCounts {
  readonly profiles: number;
}

export function flatten({
  devices,
  failedDevices,
  predictions,
  fallbacks,
  sessions,
  golden,
  regression,
  features,
  labels,
  scores,
  values,
  latency,
  errors,
  confusion,
}: Profile): FlatCounts {
  const counts = [
    devices,
    predictions,
    fallbacks,
    sessions.started,
    sessions.degraded,
    sessions.failed,
    golden.passed,
    golden.failed,
    regression.count,
    regression.over,
    regression.under,
    regression.squaredError,
    regression.truth,
    regression.truthSquared,
  ];
  for (const { bins, missing, invalid, below, above } of features) {
    counts.push(missing, invalid, below, above);
    for (const count of bins) counts.push(count);
  }
  for (const histogram of [labels, scores, values, ...latency])
    for (const count of histogram) counts.push(count);
  const shape = [
    runs(features.map(({ bins }) => bins.length)),
    labels.length,
    scores.length,
    values.length,
    runs(latency.map(({ length }) => length)),
  ].join('|');
  return { shape, failedDevices, counts, errors, confusion: Object.fromEntries(confusion) };
}

/** @throws ProfileError INVALID_INPUT if the number of counts does not match the shape */
export function unflatten(
  key: ProfileKey,
  { shape, failedDevices, counts, errors, confusion, profiles }: FlatSum,
): Profile {
  const [bins = '', labels = '', scores = '', values = '', latency = ''] = shape.split('|');
  let at = 0;
  const next = (): number => counts[at++] ?? Number.NaN;
  const take = (length: number): Float64Array =>
    Float64Array.from(counts.slice(at, (at += length)));
  const plain = {
    devices: next(),
    predictions: next(),
    fallbacks: next(),
    sessions: { started: next(), degraded: next(), failed: next() },
    golden: { passed: next(), failed: next() },
    regression: {
      count: next(),
      over: next(),
      under: next(),
      squaredError: next(),
      truth: next(),
      truthSquared: next(),
    },
  };
  const features = lengths(bins).map((length): FeatureCounts => ({
    missing: next(),
    invalid: next(),
    below: next(),
    above: next(),
    bins: take(length),
  }));
  const histograms = {
    labels: take(Number(labels)),
    scores: take(Number(scores)),
    values: take(Number(values)),
    latency: lengths(latency).map(take),
  };
  if (at !== counts.length)
    throw new ProfileError(
      'INVALID_INPUT',
      `The store holds ${counts.length} counts where the shape ${shape} has ${at}.`,
    );
  return {
    key,
    failedDevices,
    ...plain,
    features,
    ...histograms,
    errors: profiles > 1 ? capped(key, errors) : errors,
    confusion: cellsOf(confusion),
  };
}

/**
 * Merges excess error codes into OTHER, as addProfiles does. Applied once, after adding, so that
 * the result does not depend on grouping.
 */
function capped(key: ProfileKey, errors: Profile['errors']): Profile['errors'] {
  return addProfiles({ ...emptyProfile(key), errors }, emptyProfile(key)).errors;
}

function cellsOf(confusion: FlatCounts['confusion']): Map<number, number> {
  return new Map(
    Object.entries(confusion)
      .map(([cell, count]): [number, number] => [Number(cell), count])
      .toSorted(([a], [b]) => a - b),
  );
}

/** Run-length encoding: 21,21,10 → "21*2,10*1". Keeps the shape short for thousands of features. */
function runs(all: readonly number[]): string {
  const found: { readonly length: number; times: number }[] = [];
  for (const length of all) {
    const last = found.at(-1);
    if (last?.length === length) last.times += 1;
    else found.push({ length, times: 1 });
  }
  return found.map(({ length, times }) => `${length}*${times}`).join(',');
}

function lengths(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((run) => {
    const [length = 0, times = 0] = run.split('*').map(Number);
    return Array.from({ length: times }, () => length);
  });
}
