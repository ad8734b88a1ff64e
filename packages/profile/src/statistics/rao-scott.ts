import { ProfileError } from '../error.ts';
import { fisherSurvival } from './f-distribution.ts';
import { checkGroups, total } from './jackknife.ts';
import { cellWeights, squaredDistance } from './joined-chi-square.ts';
import { joinedCells } from './joined-cells.ts';
import { checkSameBins, shares, sum } from './shares.ts';

/** All NaN if fewer than two groups have counts. */
export interface RaoScott {
  /** Chi-square of the two samples, scaled so that its mean is the degrees of freedom. */
  readonly statistic: number;
  /**
   * Not a whole number: at most the number of cells minus one, and fewer the more unequally the
   * rows of a device depend on each other.
   */
  readonly degreesOfFreedom: number;
  readonly pValue: number;
  /**
   * Variance of the current shares relative to that of independent rows, as a mean over the cells.
   */
  readonly designEffect: number;
  /**
   * Number of independent rows with the same information as the current rows; never more than the
   * current rows.
   */
  readonly effectiveN: number;
}

/**
 * Chi-square test of current counts by group of devices, whose rows are dependent, against a
 * reference sample of independent rows (second-order correction of J. N. K. Rao and A. J. Scott,
 * Annals of Statistics 12, 1984). With P = diag π − π πᵀ of the pooled shares, e = 1/n + 1/m and V
 * the covariance of the difference of shares, let M = (P e)⁻¹ V. Then X² · tr M / tr M² has ν = (tr
 * M)² / tr M² degrees of freedom. V is the jackknife's over G groups. Therefore tr M² is estimated
 * without the bias of its G − 1 degrees of freedom, and the tail is that of F(ν, ν (G − 1)), as in
 * Thomas and Rao (1987). With two cells this is the t test over groups.
 *
 * W is P⁻¹, with a bound on the weight of cells that are too small (`cellWeights()`).
 * @param reference counts by bin
 * @param groups current counts by bin, of each group
 * @throws ProfileError INVALID_INPUT for different numbers of bins, or counts that are negative or
 * not finite
 * @example
 * ```ts
 * const { pValue, designEffect } = raoScott(reference.counts, groups);
 * ```
 */
export function raoScott(
  reference: ArrayLike<number>,
  groups: readonly ArrayLike<number>[],
): RaoScott {
  checkCounts(reference, groups);
  const current = total(groups, reference.length);
  const [m, n] = [sum(reference), sum(current)];
  const cells = joinedCells(reference, current);
  const r = cells.of(reference);
  const g = groups.filter((group) => sum(group) > 0).map((group) => cells.of(group));
  if (n === 0 || cells.count < 2)
    return { statistic: 0, degreesOfFreedom: 0, pValue: 1, designEffect: 1, effectiveN: n };
  if (g.length < 2)
    return {
      statistic: Number.NaN,
      degreesOfFreedom: Number.NaN,
      pValue: Number.NaN,
      designEffect: Number.NaN,
      effectiveN: Number.NaN,
    };

  const pooled = shares(total([r, ...g], cells.count));
  const weights = cellWeights(pooled, m, n);
  const { trace, square } = tracesOfVariance(g, weights);
  const ofRows = pooled.reduce(
    (rows, share, i) => rows + share * (1 - share) * (weights[i] ?? 0),
    0,
  );
  const designEffect = (trace * n) / ofRows;
  const effectiveN = n / Math.max(1, designEffect);
  if (m === 0) return { statistic: 0, degreesOfFreedom: 0, pValue: 1, designEffect, effectiveN };

  // The reference adds its own variance P/m: 1/m in each of the (cells − 1) directions.
  const e = 1 / n + 1 / m;
  const chiSquare = squaredDistance(shares(r), shares(total(g, cells.count)), weights) / e;
  const rank = cells.count - 1;
  const m1 = (trace + rank / m) / e;
  const m2 = (square + (2 * trace) / m + rank / (m * m)) / (e * e);
  const degreesOfFreedom = Math.min(rank, Math.max(1, (m1 * m1) / m2));
  const statistic = (chiSquare * degreesOfFreedom) / m1;
  return {
    statistic,
    degreesOfFreedom,
    pValue: fisherSurvival(
      statistic / degreesOfFreedom,
      degreesOfFreedom,
      degreesOfFreedom * (g.length - 1),
    ),
    designEffect,
    effectiveN,
  };
}

/**
 * tr WV and tr (WV)², where V is the jackknife covariance of the groups' shares. W may be diagonal,
 * because the rows of V sum to zero. As V = (G − 1)/G Σ d dᵀ, both follow from the G × G products
 * dᵀ W d, for any number of cells.
 */
function tracesOfVariance(
  groups: readonly Float64Array[],
  weights: Float64Array,
): { trace: number; square: number } {
  const size = groups.length;
  const without = groups.map((_, left) =>
    shares(
      total(
        groups.filter((_group, g) => g !== left),
        weights.length,
      ),
    ),
  );
  const mean = total(without, weights.length).map((value) => value / size);
  const deviations = without.map((q) =>
    q.map((share, i) => (share - (mean[i] ?? 0)) * Math.sqrt(weights[i] ?? 0)),
  );
  const product = (a: Float64Array, b: Float64Array): number =>
    a.reduce((dot, value, i) => dot + value * (b[i] ?? 0), 0);
  let trace = 0;
  let raw = 0;
  for (const a of deviations) {
    trace += product(a, a);
    for (const b of deviations) raw += product(a, b) ** 2;
  }
  trace *= (size - 1) / size;
  raw *= ((size - 1) / size) ** 2;
  return { trace, square: unbiasedSquare(trace, raw, size - 1, weights.length - 1) };
}

/**
 * tr (P⁻¹V)² without bias. A V estimated with few degrees of freedom makes it too large by (tr
 * P⁻¹V)²/df (Srivastava 2005). The result is clamped to the possible range.
 */
function unbiasedSquare(trace: number, raw: number, df: number, rank: number): number {
  const unbiased =
    df > 1 ? ((df * df) / ((df - 1) * (df + 2))) * (raw - (trace * trace) / df) : raw;
  return Math.min(trace * trace, Math.max((trace * trace) / rank, unbiased));
}

function checkCounts(reference: ArrayLike<number>, groups: readonly ArrayLike<number>[]): void {
  checkGroups([reference]);
  checkGroups(groups);
  if (groups[0]) checkSameBins(reference, groups[0]);
  for (const counts of [reference, ...groups]) {
    const wrong = Array.from(counts).find((count) => count < 0);
    if (wrong !== undefined)
      throw new ProfileError('INVALID_INPUT', `Counts cannot be below zero; got ${wrong}.`);
  }
}
