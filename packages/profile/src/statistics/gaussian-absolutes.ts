/** S = Σ weight · |Z| over jointly normal Z with mean zero. */
export interface GaussianAbsolutes {
  readonly weights: Float64Array;
  covariance(i: number, j: number): number;
}

/** E S = √(2/π) Σ weight · σ. */
export function meanAbsolutes({ weights, covariance }: GaussianAbsolutes): number {
  let total = 0;
  for (let i = 0; i < weights.length; i += 1)
    total += (weights[i] ?? 0) * Math.sqrt(Math.max(0, covariance(i, i)));
  return Math.sqrt(2 / Math.PI) * total;
}

/**
 * Mean and variance of S, by E|XY| = (2/π) σx σy (√(1 − ρ²) + ρ asin ρ). The time is quadratic in
 * the number of terms.
 */
export function momentsOfAbsolutes(absolutes: GaussianAbsolutes): {
  mean: number;
  variance: number;
} {
  const { weights, covariance } = absolutes;
  const mean = meanAbsolutes(absolutes);
  const deviations = weights.map((_, i) => Math.sqrt(Math.max(0, covariance(i, i))));
  let square = 0;
  for (let i = 0; i < weights.length; i += 1) {
    for (let j = i; j < weights.length; j += 1) {
      const scale = (deviations[i] ?? 0) * (deviations[j] ?? 0);
      if (scale === 0) continue;
      const correlation = Math.min(1, Math.max(-1, covariance(i, j) / scale));
      const product =
        scale * (Math.sqrt(1 - correlation * correlation) + correlation * Math.asin(correlation));
      square += (i === j ? 1 : 2) * (weights[i] ?? 0) * (weights[j] ?? 0) * product;
    }
  }
  return { mean, variance: Math.max(0, (2 / Math.PI) * square - mean * mean) };
}
