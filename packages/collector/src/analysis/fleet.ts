import { emptyProfile } from '@perigee/profile';
import type { Profile, RegressionSums } from '@perigee/profile';
import { mapCounts, randomisedResponse } from '@perigee/profile/analysis';
import { sum } from '../sum.ts';
import { addedUp } from './added-up.ts';
import { boundedWeights } from './bounded-weight.ts';
import { groupBy } from './group-by.ts';

/**
 * Counts of one version in a window: in total, and by device group. Groups are the independent
 * unit.
 */
export interface Fleet {
  /**
   * Weighted by sampling, and estimated where devices randomise their counts. Counts need not be
   * integers.
   */
  readonly total: Profile;
  /** The groups with data, of 16. */
  readonly groups: readonly Profile[];
  /** Counts made ÷ counts they stand for. */
  readonly rawShare: number;
  /** Device-hours: a device that counts in two hours is counted twice. */
  readonly devices: number;
  /**
   * Number of groups whose regression sums exceed the range of exact integers. They are excluded
   * from errors only.
   */
  readonly leftOut: number;
}

/**
 * @param profiles sums by group, and by hour where the weight of each hour is to be bounded, of
 * one version and reference
 * @returns undefined if there are none
 */
export function fleetOf(profiles: readonly Profile[]): Fleet | undefined {
  return fleetWith(profiles, boundedWeights(profiles));
}

/** The same of sums in which no group has more than its share of an hour. */
export function fleetWithinBounds(profiles: readonly Profile[]): Fleet | undefined {
  return fleetWith(profiles, profiles);
}

function fleetWith(profiles: readonly Profile[], weighted: readonly Profile[]): Fleet | undefined {
  // Add up randomised counts of a group before estimating: more answers give a better estimate.
  const alike = addedAlike(weighted).map(estimated);
  const counted = [...groupBy(alike, ({ key }) => key.group).values()]
    .map(addedUp)
    .toSorted((a, b) => a.key.group - b.key.group);
  const groups = counted.map((profile) =>
    isExact(profile.regression)
      ? profile
      : { ...profile, regression: emptyProfile(profile.key).regression },
  );
  const leftOut = counted.filter(({ regression }) => !isExact(regression)).length;
  const [first, ...rest] = groups;
  if (!first) return undefined;
  const total = addedUp([first, ...rest]);
  const raw = profiles.reduce((sum, { predictions }) => sum + predictions, 0);
  return {
    total,
    groups,
    rawShare: total.predictions > 0 ? raw / total.predictions : 1,
    devices: profiles.reduce((sum, { devices }) => sum + devices, 0),
    leftOut,
  };
}

/** Sums are capped at the largest exact integer. Only sums of squares can reach it. */
function isExact(regression: RegressionSums): boolean {
  return Object.values(regression).every((sum: number) => sum < Number.MAX_SAFE_INTEGER);
}

function addedAlike(profiles: readonly Profile[]): Profile[] {
  const alike = groupBy(profiles, ({ key }) => `${key.group} ${key.sampling} ${key.privacy}`);
  return [...alike.values()].map(addedUp);
}

/** Estimates the counts that there would be if every device sent exact counts. */
function estimated(profile: Profile): Profile {
  const { sampling, privacy } = profile.key;
  const exact = privacy === 0 ? profile : unbiased(profile, privacy / 10);
  return sampling === 0 ? exact : mapCounts(exact, (count) => count * 2 ** sampling);
}

function unbiased(profile: Profile, epsilon: number): Profile {
  const estimate = (counts: Float64Array): Float64Array => {
    const n = sum(counts);
    if (counts.length < 2 || n === 0) return counts;
    const shares = randomisedResponse(counts.length, epsilon)
      .estimate(counts)
      .map((share) => Math.max(0, share));
    // Clip negative estimates to 0, then rescale to the number of answers. With few answers, this
    // flattens the distribution.
    const whole = sum(shares);
    return shares.map((share) => (whole > 0 ? (share / whole) * n : 0));
  };
  return {
    ...profile,
    features: profile.features.map((feature) => ({ ...feature, bins: estimate(feature.bins) })),
    labels: estimate(profile.labels),
    scores: estimate(profile.scores),
    values: estimate(profile.values),
  };
}
