import { chiSquareSurvival } from './chi-square-distribution.ts';
import { checkSameBins, sum } from './shares.ts';

export interface ChiSquare {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
  /** Cramér's V, √(X² / (n + m)): effect size from 0 to 1 for two samples. */
  readonly cramersV: number;
}

/**
 * Pearson's two-sample chi-square test of homogeneity: Σ (O − E)²/E over both rows. It omits bins
 * that are empty on both sides and applies no Yates correction. Both samples count as random:
 * treating the reference as exact would double the statistic for n ≈ m.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * chiSquareTwoSample([50, 50], [30, 70]).pValue; // 0.0039
 * ```
 */
export function chiSquareTwoSample(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): ChiSquare {
  checkSameBins(reference, current);
  const [m, n] = [sum(reference), sum(current)];
  const total = m + n;
  let statistic = 0;
  let columns = 0;
  for (let i = 0; i < reference.length; i += 1) {
    const [r, c] = [reference[i] ?? 0, current[i] ?? 0];
    if (r + c === 0 || m === 0 || n === 0) continue;
    columns += 1;
    const [expectedR, expectedC] = [((r + c) * m) / total, ((r + c) * n) / total];
    statistic += (r - expectedR) ** 2 / expectedR + (c - expectedC) ** 2 / expectedC;
  }
  const degreesOfFreedom = Math.max(0, columns - 1);
  return {
    statistic,
    degreesOfFreedom,
    pValue: degreesOfFreedom === 0 ? 1 : chiSquareSurvival(statistic, degreesOfFreedom),
    cramersV: total === 0 ? 0 : Math.sqrt(statistic / total),
  };
}
