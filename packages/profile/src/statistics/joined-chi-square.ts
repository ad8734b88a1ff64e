import { chiSquareSurvival } from './chi-square-distribution.ts';
import type { ChiSquare } from './chi-square.ts';
import { joinedCells, SMALLEST_CELL } from './joined-cells.ts';
import { checkSameBins, shares, sum } from './shares.ts';

/**
 * Two-sample chi-square test of independent rows over joined cells. If every cell has SMALLEST_CELL
 * expected rows, it equals `chiSquareTwoSample()` of these cells. It finds drift between rare
 * words, each of which has too few rows alone.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * joinedChiSquare([500, 2, 3, 2], [480, 9, 8, 10]).pValue; // 0.0059
 * ```
 */
export function joinedChiSquare(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): Omit<ChiSquare, 'cramersV'> {
  checkSameBins(reference, current);
  const [m, n] = [sum(reference), sum(current)];
  const cells = joinedCells(reference, current);
  if (m === 0 || n === 0 || cells.count < 2) {
    return { statistic: 0, degreesOfFreedom: 0, pValue: 1 };
  }
  const [r, c] = [cells.of(reference), cells.of(current)];
  const pooled = shares(r.map((count, i) => count + (c[i] ?? 0)));
  const distance = squaredDistance(shares(r), shares(c), cellWeights(pooled, m, n));
  const [statistic, degreesOfFreedom] = [distance / (1 / m + 1 / n), cells.count - 1];
  return { statistic, degreesOfFreedom, pValue: chiSquareSurvival(statistic, degreesOfFreedom) };
}

/**
 * 1/π of each cell. A cell with fewer expected rows than SMALLEST_CELL counts as having that many.
 * Then one row that is there by chance is no evidence, but a change of the whole cell is.
 */
export function cellWeights(pooled: Float64Array, m: number, n: number): Float64Array {
  const least = SMALLEST_CELL / (m === 0 ? n : Math.min(m, n));
  return pooled.map((share) => 1 / Math.max(share, least));
}

/** Σ w (p − q)². */
export function squaredDistance(p: Float64Array, q: Float64Array, weights: Float64Array): number {
  return weights.reduce((total, weight, i) => total + weight * ((p[i] ?? 0) - (q[i] ?? 0)) ** 2, 0);
}
