import { groupJackknifeRatio, meanEValue, msprt, normalSurvival } from '@perigee/profile/analysis';
import type { Estimate } from '../api.ts';
import { estimateOf } from './estimate.ts';
import { GROUPS, MIN_GROUPS } from './groups.ts';
import { sum } from '../sum.ts';

/** Counts of one arm in one hour and group: n units, and the sum of their values. */
export interface Counted {
  readonly n: number;
  readonly sum: number;
}

/** The sums of one arm in one hour, by group. */
export type HourOfArm = readonly Counted[];

export interface Difference {
  /** Challenger minus champion. */
  readonly value: number;
  /** Significance of the difference, as a standard normal deviate. */
  readonly z: number;
}

/**
 * Both arms of a comparison, hour by hour. Only hours and groups with data in both arms are
 * compared.
 */
export interface Stratified {
  addHour(champion: HourOfArm, challenger: HourOfArm): void;
  /** Null if too few groups have data in both arms. */
  difference(groups: readonly number[]): Difference | null;
  /** The means behind the difference; null if no hour and group has data in both arms. */
  means(): { readonly champion: Estimate; readonly challenger: Estimate } | null;
  /** Number of groups with an hour that has data in both arms. */
  groups(): number;
  /** Units of each arm in the hours and groups with data in both. */
  readonly shared: { readonly champion: number; readonly challenger: number };
}

const ALL_GROUPS = Array.from({ length: GROUPS }, (_, group) => group);
const zeros = (): Float64Array => new Float64Array(GROUPS);

/**
 * The difference of two arms, stratified with the weights of Mantel and Haenszel (1959). A block is
 * one hour of one device group. A block with a and b units has the weight a b / (a + b) for its
 * difference of means. Effects that all devices share in an hour (the time of day, a network
 * outage) are in both arms of the block and cancel, whatever the rollout's share was at the time.
 *
 * The variance is the largest of three estimates. The first is the jackknife over groups, which are
 * independent. If a small arm happens to contain no device that always fails, its groups understate
 * the variance. The second therefore treats the groups of both arms as one population. The third is
 * a lower bound.
 * @param leastVariance lower bound of the variance of a single unit, given the mean of both arms
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

  const groups = (): number => weight.filter((w) => w > 0).length;

  return { addHour, difference, means, groups, shared };
}

/**
 * Evidence that a difference is above zero: an e-value from mixture SPRTs over several sizes of the
 * difference. If the difference is not above zero, its mean is at most 1.
 */
export function evidenceAbove(difference: Difference | null, sizes: readonly number[]): number {
  if (!difference || !(Math.abs(difference.z) > 0)) return 1;
  const variance = (difference.value / difference.z) ** 2;
  return meanEValue(sizes.map((size) => above(difference.value, variance, size)));
}

/**
 * Converts a value of Student's t to the standard normal deviate with the same probability (D. L.
 * Wallace, 1959), because the variance estimated from few groups is itself uncertain. Accurate to
 * 0.5 % from 7 degrees of freedom.
 */
export function normalDeviate(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(degreesOfFreedom) || !Number.isFinite(t)) return t;
  const shrunk = (8 * degreesOfFreedom + 1) / (8 * degreesOfFreedom + 3);
  return shrunk * Math.sqrt(degreesOfFreedom * Math.log1p((t * t) / degreesOfFreedom));
}

/**
 * One-sided e-value: the mixture has half of its weight on differences below zero. This keeps the
 * other half and doubles it.
 */
function above(value: number, variance: number, size: number): number {
  // With n = 2 in each arm, the difference of the means has exactly this variance.
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
