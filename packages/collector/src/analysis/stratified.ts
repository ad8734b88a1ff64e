import { groupJackknifeRatio, meanEValue, msprt, normalSurvival } from '@perigee/profile/analysis';
import type { Estimate } from '../api.ts';
import { estimateOf } from './estimate.ts';
import { GROUPS, MIN_GROUPS } from './groups.ts';
import { sum } from '../sum.ts';

/** What one arm counted in an hour and group of devices: n units, and the sum of their values. */
export interface Counted {
  readonly n: number;
  readonly sum: number;
}

/** The sums of one arm in one hour, by group. */
export type HourOfArm = readonly Counted[];

export interface Difference {
  /** Challenger less champion. */
  readonly value: number;
  /** How unlikely it is where there is none, as a deviate of the standard normal. */
  readonly z: number;
}

/** Both arms of a comparison, hour by hour. Only hours and groups that have both are compared. */
export interface Stratified {
  addHour(champion: HourOfArm, challenger: HourOfArm): void;
  /** Null where too few groups have both arms. */
  difference(groups: readonly number[]): Difference | null;
  /** The means whose difference it is; null where no hour and group has both arms. */
  means(): { readonly champion: Estimate; readonly challenger: Estimate } | null;
  /** Units of either arm in the hours and groups that have both. */
  readonly shared: { readonly champion: number; readonly challenger: number };
}

const ALL_GROUPS = Array.from({ length: GROUPS }, (_, group) => group);
const zeros = (): Float64Array => new Float64Array(GROUPS);

/**
 * The difference of two arms by Mantel and Haenszel's weights. A block is an hour of one group of
 * devices. With a and b units in a block it counts a b / (a + b) of the difference of the means
 * there. What all devices have in common in an hour (the time of the day, an outage of the
 * network) is in both arms of the block and drops out, whatever the share of the rollout was then.
 *
 * Its error is estimated in three ways, of which the most cautious counts. The jackknife takes
 * groups, which are independent of each other. Where a small arm happens to hold no device that
 * fails all the time, its groups do not say how many there could have been: the second estimate
 * takes the groups of both arms for one population. The third is the least there can be.
 * @param leastVariance of a single unit, at the mean of both arms
 */
export function createStratified(leastVariance: (mean: number) => number): Stratified {
  const weight = zeros();
  const weighted = { champion: zeros(), challenger: zeros() };
  const residual = { champion: zeros(), challenger: zeros() };
  const units = zeros();
  const sums = zeros();
  const shared = { champion: 0, challenger: 0 };

  function addHour(champion: HourOfArm, challenger: HourOfArm): void {
    const arms = { champion, challenger };
    const means = { champion: meanOf(champion), challenger: meanOf(challenger) };
    if (Number.isNaN(means.champion) || Number.isNaN(means.challenger)) return;
    for (let g = 0; g < GROUPS; g += 1) {
      const [a, b] = [champion[g] ?? NONE, challenger[g] ?? NONE];
      for (const arm of ['champion', 'challenger'] as const) {
        const { n, sum: total } = arms[arm][g] ?? NONE;
        add(residual[arm], g, total - n * means[arm]);
      }
      add(units, g, a.n + b.n);
      add(sums, g, a.sum + b.sum);
      if (a.n === 0 || b.n === 0) continue;
      const w = (a.n * b.n) / (a.n + b.n);
      add(weight, g, w);
      add(weighted.champion, g, (w * a.sum) / a.n);
      add(weighted.challenger, g, (w * b.sum) / b.n);
      shared.champion += a.n;
      shared.challenger += b.n;
    }
  }

  function difference(groups: readonly number[]): Difference | null {
    const counted = groups.filter((g) => at(weight, g) > 0);
    if (counted.length < MIN_GROUPS) return null;
    const scores = counted.map((g) => at(weighted.challenger, g) - at(weighted.champion, g));
    const weights = counted.map((g) => at(weight, g));
    const { estimate, standardError, degreesOfFreedom: df } = groupJackknifeRatio(scores, weights);
    const n = sum(counted.map((g) => at(units, g)));
    const squaresOf = (arm: Float64Array): number => sum(counted.map((g) => at(arm, g) ** 2));
    const squares = squaresOf(residual.champion) + squaresOf(residual.challenger);
    const ofUnit = (squares / n) * (counted.length / df);
    const least = leastVariance((sum(counted.map((g) => at(sums, g))) + 0.5) / (n + 1));
    const deviate = (variance: number, degrees: number): number =>
      normalDeviate(Math.abs(estimate) / Math.sqrt(variance), degrees);
    const z = Math.min(
      deviate(standardError ** 2, df),
      deviate(ofUnit / sum(weights), 2 * df),
      deviate(least / sum(weights), Infinity),
    );
    return { value: estimate, z: Math.sign(estimate) * z };
  }

  function means(): ReturnType<Stratified['means']> {
    const counted = ALL_GROUPS.filter((g) => at(weight, g) > 0);
    if (counted.length === 0) return null;
    const of = (arm: Float64Array): Estimate => {
      const groups = counted.map((g) => [at(arm, g), at(weight, g)]);
      return estimateOf(groups, ([total = 0, w = 0]) => total / w);
    };
    return { champion: of(weighted.champion), challenger: of(weighted.challenger) };
  }

  return { addHour, difference, means, shared };
}

/**
 * Evidence that a difference is above zero, by mixture SPRTs over differences of several sizes: an
 * e-value, at most 1 in the mean where it is not.
 */
export function evidenceAbove(difference: Difference | null, sizes: readonly number[]): number {
  if (!difference || !(Math.abs(difference.z) > 0)) return 1;
  const variance = (difference.value / difference.z) ** 2;
  return meanEValue(sizes.map((size) => above(difference.value, variance, size)));
}

/**
 * The normal deviate that is as unlikely as a value of Student's t (D. L. Wallace, 1959), for the
 * error of few groups is itself uncertain. It is right to 0.5 % for 7 degrees of freedom and more.
 */
export function normalDeviate(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(degreesOfFreedom) || !Number.isFinite(t)) return t;
  const shrunk = (8 * degreesOfFreedom + 1) / (8 * degreesOfFreedom + 3);
  return shrunk * Math.sqrt(degreesOfFreedom * Math.log1p((t * t) / degreesOfFreedom));
}

/** Half of the mixture is on differences below zero: the other half, times two. */
function above(value: number, variance: number, size: number): number {
  // Two means of two values each, whose difference has this variance.
  const arm = (mean: number) => ({ n: 2, mean, variance });
  const { eValue } = msprt({ a: arm(0), b: arm(value) }, size);
  const upper = normalSurvival((-value * size) / Math.sqrt(variance * (variance + size * size)));
  return eValue === Infinity ? (value > 0 ? Infinity : 0) : 2 * eValue * upper;
}

const NONE: Counted = { n: 0, sum: 0 };

function meanOf(arm: HourOfArm): number {
  return sum(arm.map((one) => one.sum)) / sum(arm.map(({ n }) => n));
}

function at(values: Float64Array, group: number): number {
  return values[group] ?? 0;
}

function add(values: Float64Array, group: number, more: number): void {
  values[group] = at(values, group) + more;
}
