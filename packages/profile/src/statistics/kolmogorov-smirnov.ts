import { kolmogorovSurvival } from './kolmogorov.ts';
import { bothShares, sum } from './shares.ts';

export interface KolmogorovSmirnov {
  /**
   * Largest difference of the two cumulative shares at bin edges: a lower bound of D over the
   * values themselves.
   */
  readonly statistic: number;
  /** Upper bound of D for any values within the bins. */
  readonly upperBound: number;
  /**
   * Probability of a D at least as large as `statistic` without drift. It is conservative, because
   * `statistic` is a lower bound.
   */
  readonly pValue: number;
}

/**
 * Two-sample Kolmogorov–Smirnov test on binned counts, D = sup |F − G|. Its p-value is that of the
 * one-sample test at the size n·m/(n + m), rounded.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * kolmogorovSmirnov([25, 25, 25, 25], [40, 20, 20, 20]).statistic; // 0.15
 * ```
 */
export function kolmogorovSmirnov(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): KolmogorovSmirnov {
  const [p, q] = bothShares(reference, current);
  let statistic = 0;
  let upperBound = 0;
  let before = 0;
  for (let i = 0; i < p.length; i += 1) {
    const [a, b] = [p[i] ?? 0, q[i] ?? 0];
    const after = before + a - b;
    statistic = Math.max(statistic, Math.abs(after));
    // Within a bin, all values of one side may come before those of the other.
    upperBound = Math.max(
      upperBound,
      Math.min(after + b, before + a),
      Math.min(-after + a, -before + b),
    );
    before = after;
  }
  const [m, n] = [sum(reference), sum(current)];
  const size = m + n === 0 ? 0 : Math.round((n * m) / (n + m));
  return { statistic, upperBound, pValue: size === 0 ? 1 : kolmogorovSurvival(statistic, size) };
}
