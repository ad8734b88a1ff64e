import { emptyProfile, ProfileError } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { cappedErrors, profileOfRow, rowOf } from '@perigee/profile/analysis';

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

export function flatten(profile: Profile): FlatCounts {
  const { failedDevices, errors, confusion } = profile;
  return {
    shape: shapeOf(profile),
    failedDevices,
    counts: rowOf(profile),
    errors,
    confusion: Object.fromEntries(confusion),
  };
}

/** @throws ProfileError INVALID_INPUT if the number of counts does not match the shape */
export type Unflatten = (key: ProfileKey, sum: FlatSum) => Profile;

/**
 * Makes profiles of the rows of one query. It has thousands of rows and few shapes, so the profile
 * without counts of each shape is made once.
 */
export function createUnflatten(): Unflatten {
  const shapes = new Map<string, Profile>();

  function withoutCounts(key: ProfileKey, shape: string): Profile {
    const known = shapes.get(shape) ?? profileOfShape(key, shape);
    shapes.set(shape, known);
    return known;
  }

  return (key, { shape, failedDevices, counts, errors, confusion, profiles }) => {
    const profile = profileOfRow(counts, {
      ...withoutCounts(key, shape),
      key,
      failedDevices,
      // Once, after adding, so that the result does not depend on grouping.
      errors: profiles > 1 ? cappedErrors(errors) : errors,
      confusion: cellsOf(confusion),
    });
    if (!profile)
      throw new ProfileError(
        'INVALID_INPUT',
        `The store holds ${counts.length} counts, which do not match the shape ${shape}.`,
      );
    return profile;
  };
}

function shapeOf({ features, labels, scores, values, latency }: Profile): string {
  return [
    runs(features.map(({ bins }) => bins.length)),
    labels.length,
    scores.length,
    values.length,
    runs(latency.map(({ length }) => length)),
  ].join('|');
}

/** A profile without counts whose histograms have the lengths of a shape. */
function profileOfShape(key: ProfileKey, shape: string): Profile {
  const [bins = '', labels = '', scores = '', values = '', latency = ''] = shape.split('|');
  const zeros = (length: number): Float64Array => new Float64Array(length);
  return {
    ...emptyProfile(key),
    features: lengths(bins).map((length) => ({
      bins: zeros(length),
      missing: 0,
      invalid: 0,
      below: 0,
      above: 0,
    })),
    labels: zeros(Number(labels)),
    scores: zeros(Number(scores)),
    values: zeros(Number(values)),
    latency: lengths(latency).map(zeros),
  };
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
