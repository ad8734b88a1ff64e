import { groupJackknife, groupJackknifeRatio } from '@perigee/profile/analysis';
import type { Estimate } from '../api.ts';
import { MIN_GROUPS } from './fleet.ts';

/** A rate Σy/Σn over the fleet with its interval by groups of devices; null when nothing was counted. */
export function rateOf<T>(groups: readonly T[], part: (group: T) => number, whole: (group: T) => number): Estimate | null {
  const counted = groups.filter((group) => whole(group) > 0);
  const n = counted.reduce((sum, group) => sum + whole(group), 0);
  if (n === 0) return null;
  // A session may fail in a later hour than it began.
  const parts = counted.map((group) => Math.min(part(group), whole(group)));
  const value = parts.reduce((sum, count) => sum + count, 0) / n;
  if (counted.length < MIN_GROUPS) return { value, low: null, high: null };
  const { low, high } = groupJackknifeRatio(parts, counted.map(whole));
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}

/** Lower end of the 95 % interval of a share of n: by groups of devices where there are enough, else as if every observation were independent (Wilson). */
export function atLeast({ value, low }: Estimate, n: number): number {
  if (low !== null) return low;
  if (n === 0) return 0;
  const z = 1.96;
  const middle = value + (z * z) / (2 * n);
  return (middle - z * Math.sqrt((value * (1 - value)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
}

/** The upper end, likewise. */
export function atMost({ value, low, high }: Estimate, n: number): number {
  return high ?? 1 - atLeast({ value: 1 - value, low: null, high: low }, n);
}

/** Any statistic of counts with its interval. */
export function estimateOf(groups: readonly ArrayLike<number>[], statistic: (counts: Float64Array) => number): Estimate {
  const { estimate, low, high, degreesOfFreedom } = groupJackknife(groups, statistic);
  return degreesOfFreedom + 1 < MIN_GROUPS ? { value: estimate, low: null, high: null } : { value: estimate, low, high };
}
