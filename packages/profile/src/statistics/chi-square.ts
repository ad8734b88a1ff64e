import { chiSquareSurvival } from './distributions.ts';
import { checkSameBins, sum } from './shares.ts';

export interface ChiSquare {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
  /** √(X² / (n + m)): effect size from 0 to 1 for two samples. */
  readonly cramersV: number;
}

/**
 * Two-sample chi-square test of homogeneity, Σ (O − E)²/E over both rows, bins empty on both sides left out, no Yates correction. Both
 * samples are random here; taking the reference as exact would double the statistic when n ≈ m.
 */
export function chiSquareTwoSample(reference: ArrayLike<number>, current: ArrayLike<number>): ChiSquare {
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
  return { statistic, degreesOfFreedom, pValue: degreesOfFreedom === 0 ? 1 : chiSquareSurvival(statistic, degreesOfFreedom), cramersV: total === 0 ? 0 : Math.sqrt(statistic / total) };
}
