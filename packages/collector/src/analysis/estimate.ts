import {
  chiSquareUpperQuantile,
  groupJackknife,
  groupJackknifeRatio,
} from '@perigee/profile/analysis';
import type { Estimate } from '../api.ts';
import { MIN_GROUPS } from './groups.ts';

/** Half-width of the 95 % interval of a normal distribution, in standard deviations. */
const Z = 1.959964;
/** Effective observations that a share needs for a verdict. */
export const MIN_EFFECTIVE = 200;

/**
 * The rate Σy/Σn over the fleet, with an interval over device groups; null if n is 0. The interval
 * is at least as wide as for n independent observations: groups without failures show no spread,
 * and 0 of 25 does not prove a rate of 0 %.
 * @param rawShare counts made ÷ counts they stand for, below 1 with sampling
 */
export function rateOf<T>(
  groups: readonly T[],
  part: (group: T) => number,
  whole: (group: T) => number,
  rawShare = 1,
): Estimate | null {
  const counted = groups.filter((group) => whole(group) > 0);
  const n = counted.reduce((sum, group) => sum + whole(group), 0);
  if (n === 0) return null;
  // A session may fail in a later hour than the one it began in.
  const parts = counted.map((group) => Math.min(part(group), whole(group)));
  const value = parts.reduce((sum, count) => sum + count, 0) / n;
  if (counted.length < MIN_GROUPS) return { value, low: null, high: null };
  const { low, high } = groupJackknifeRatio(parts, counted.map(whole));
  return shareOf({ value, low, high }, n * rawShare);
}

/**
 * Interval of a share of n independent observations (Wilson, 1927). It always has a positive width.
 * @param z half-width in standard deviations. Default: that of 95 %.
 */
export function wilson(
  value: number,
  n: number,
  z = Z,
): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const middle = value + (z * z) / (2 * n);
  const half = z * Math.sqrt((value * (1 - value)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/**
 * 95 % interval of a share of n independent observations: that of Wilson, and the exact one where
 * none or all of them count. The latter ends at 1 − 0.05^(1/n), which the rule of three (3 ÷ n)
 * approximates (Hanley and Lippman-Hand, 1983).
 */
export function shareInterval(
  value: number,
  n: number,
): { readonly low: number; readonly high: number } {
  if (n > 0 && value === 0) return { low: 0, high: 1 - 0.05 ** (1 / n) };
  if (n > 0 && value === 1) return { low: 0.05 ** (1 / n), high: 1 };
  return wilson(value, n);
}

/**
 * Lower end of the 95 % interval of a share of n: over device groups if there are enough, otherwise
 * the interval of independent observations.
 */
export function atLeast({ value, low }: Estimate, n: number): number {
  return low ?? shareInterval(value, n).low;
}

/** Upper end of the same interval. */
export function atMost({ value, high }: Estimate, n: number): number {
  return high ?? shareInterval(value, n).high;
}

/** Clips the interval to [0, 1] and makes it at least as wide as for n independent observations. */
export function shareOf({ value, low, high }: Estimate, n: number): Estimate {
  if (low === null || high === null) return { value, low, high };
  const independent = shareInterval(value, n);
  return {
    value,
    low: Math.max(0, Math.min(low, independent.low)),
    high: Math.min(1, Math.max(high, independent.high)),
  };
}

/**
 * Makes the interval of a root mean square of n errors at least as wide as for n independent normal
 * errors, whose sum of squares has a χ² distribution: groups may be equal by chance.
 */
export function rootMeanSquareOf({ value, low, high }: Estimate, n: number): Estimate {
  if (low === null || high === null || n <= 0) return { value, low, high };
  const scaled = (p: number): number => value * Math.sqrt(n / chiSquareUpperQuantile(p, n));
  return {
    value,
    low: Math.max(0, Math.min(low, scaled(0.025))),
    high: Math.max(high, scaled(0.975)),
  };
}

/** Any statistic of counts, with its jackknife interval over groups. */
export function estimateOf(
  groups: readonly ArrayLike<number>[],
  statistic: (counts: Float64Array) => number,
): Estimate {
  const { estimate, low, high, degreesOfFreedom } = groupJackknife(groups, statistic);
  return degreesOfFreedom + 1 < MIN_GROUPS
    ? { value: estimate, low: null, high: null }
    : { value: estimate, low, high };
}
