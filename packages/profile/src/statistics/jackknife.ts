import { ProfileError } from '../error.ts';
import { sum } from './shares.ts';
import { studentQuantile } from './student-distribution.ts';

/**
 * A statistic of all groups, with its uncertainty. The sampling unit is the device, not the row.
 */
export interface GroupEstimate {
  readonly estimate: number;
  /** NaN if fewer than two groups have counts. */
  readonly standardError: number;
  /** Number of groups with counts, minus one. */
  readonly degreesOfFreedom: number;
  /**
   * Confidence interval: the estimate ± t · standard error. It is from -Infinity to Infinity if the
   * standard error is NaN.
   */
  readonly low: number;
  readonly high: number;
}

/**
 * Delete-a-group jackknife (P. S. Kott, Journal of Official Statistics 17(4), 2001). The estimate
 * is the statistic of the sum of all groups. Its variance is (G − 1)/G Σ (θ₋g − mean)², where θ₋g
 * is the statistic without group g. The interval uses Student's t with G − 1 degrees of freedom.
 * Devices are assigned to groups at random and stay there, so rows of one device may depend on each
 * other in any way. Groups without counts are left out.
 * @param groups counts by bin, or other sums, of each group
 * @param statistic a function of such sums
 * @param confidence of the interval. Default: 0.95.
 * @throws ProfileError INVALID_INPUT for groups of different bins, counts that are not finite, or a
 * confidence outside (0, 1)
 * @example
 * ```ts
 * const { low, high } = groupJackknife(groups, ([failed = 0, all = 0]) => failed / all);
 * ```
 */
export function groupJackknife(
  groups: readonly ArrayLike<number>[],
  statistic: (counts: Float64Array) => number,
  confidence = 0.95,
): GroupEstimate {
  if (!(confidence > 0 && confidence < 1))
    throw new ProfileError(
      'INVALID_INPUT',
      `A confidence must be between 0 and 1; got ${confidence}.`,
    );
  checkGroups(groups);
  const counted = groups.filter((group) => !isEmpty(group));
  const length = groups[0]?.length ?? 0;
  const estimate = statistic(total(counted, length));
  const degreesOfFreedom = Math.max(0, counted.length - 1);
  const without = counted.map((_, left) =>
    statistic(
      total(
        counted.filter((_group, g) => g !== left),
        length,
      ),
    ),
  );
  const mean = sum(without) / without.length;
  const squares = without.reduce((squares, value) => squares + (value - mean) ** 2, 0);
  const standardError =
    degreesOfFreedom === 0 ? Number.NaN : Math.sqrt((degreesOfFreedom / counted.length) * squares);
  if (Number.isNaN(standardError))
    return { estimate, standardError, degreesOfFreedom, low: -Infinity, high: Infinity };
  const margin = studentQuantile((1 + confidence) / 2, degreesOfFreedom) * standardError;
  return {
    estimate,
    standardError,
    degreesOfFreedom,
    low: estimate - margin,
    high: estimate + margin,
  };
}

/**
 * `groupJackknife()` of a rate, Σ numerators / Σ denominators over the groups, such as failures per
 * session or a mean.
 * @throws ProfileError INVALID_INPUT as `groupJackknife()` does, and for a denominator below zero,
 * or of zero with a numerator
 * @example
 * ```ts
 * groupJackknifeRatio([2, 3, 1], [100, 120, 90]).estimate; // 6 / 310
 * ```
 */
export function groupJackknifeRatio(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
  confidence = 0.95,
): GroupEstimate {
  if (numerators.length !== denominators.length) {
    throw new ProfileError(
      'INVALID_INPUT',
      'A rate needs a numerator and a denominator of each group; got ' +
        `${numerators.length} and ${denominators.length}.`,
    );
  }
  const groups = Array.from(denominators, (denominator, g) => [numerators[g] ?? 0, denominator]);
  const wrong = groups.findIndex(([y = 0, n = 0]) => n < 0 || (n === 0 && y !== 0));
  if (wrong >= 0)
    throw new ProfileError(
      'INVALID_INPUT',
      `A denominator must be above zero, or zero with its numerator; group ${wrong} has ` +
        `${groups[wrong]?.join(' / ')}.`,
    );
  return groupJackknife(groups, ([y = 0, n = 0]) => y / n, confidence);
}

/**
 * Checks that all groups have the same bins and finite counts.
 * @throws ProfileError INVALID_INPUT
 */
export function checkGroups(groups: readonly ArrayLike<number>[]): void {
  const length = groups[0]?.length ?? 0;
  for (const [g, group] of groups.entries()) {
    if (group.length !== length)
      throw new ProfileError(
        'INVALID_INPUT',
        `Every group needs the same bins; group 0 has ${length}, group ${g} has ${group.length}.`,
      );
    for (let i = 0; i < length; i += 1) {
      if (!Number.isFinite(group[i]))
        throw new ProfileError(
          'INVALID_INPUT',
          `Counts must be finite numbers; group ${g} has ${group[i]} in bin ${i}.`,
        );
    }
  }
}

/** Sum of the groups, for each bin. */
export function total(groups: readonly ArrayLike<number>[], length: number): Float64Array {
  const counts = new Float64Array(length);
  for (const group of groups)
    for (let i = 0; i < length; i += 1) counts[i] = (counts[i] ?? 0) + (group[i] ?? 0);
  return counts;
}

function isEmpty(group: ArrayLike<number>): boolean {
  for (let i = 0; i < group.length; i += 1) if (group[i] !== 0) return false;
  return true;
}
