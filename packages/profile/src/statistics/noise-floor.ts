import { shares, sum } from './shares.ts';

/**
 * What each score is expected to be when nothing drifted, for a current sample of n and a reference of m: it is never zero, because both
 * are samples. To second order a difference of shares q − p has variance p(1 − p)(1/n + 1/m), which gives
 * PSI (B − 1)e, Hellinger² (B − 1)e/8, Jensen–Shannon² (B − 1)e/(8 ln 2), and by E|Z| = √(2/π) the others.
 */
export interface NoiseFloor {
  readonly psi: number;
  readonly jensenShannon: number;
  readonly hellinger: number;
  readonly totalVariation: number;
  /** Quantile-space Wasserstein: ∫ E|bridge(u)| √e du = √(2/π) √e ∫ √(u(1 − u)) du = √(2/π) √e π/8 for equal-mass bins; summed over the actual ones. */
  readonly wassersteinQuantile: number;
}

export function noiseFloor(reference: ArrayLike<number>, n: number): NoiseFloor {
  const m = sum(reference);
  const e = (n > 0 ? 1 / n : 1) + (m > 0 ? 1 / m : 1);
  const p = shares(reference);
  const bins = p.filter((share) => share > 0).length;
  const absolute = Math.sqrt(2 / Math.PI) * Math.sqrt(e);
  let totalVariation = 0;
  let wasserstein = 0;
  let below = 0;
  for (const share of p) {
    totalVariation += 0.5 * absolute * Math.sqrt(share * (1 - share));
    const middle = below + share / 2;
    wasserstein += share * absolute * Math.sqrt(middle * (1 - middle));
    below += share;
  }
  return {
    psi: (bins - 1) * e,
    jensenShannon: Math.sqrt(((bins - 1) * e) / (8 * Math.LN2)),
    hellinger: Math.sqrt(((bins - 1) * e) / 8),
    totalVariation,
    wassersteinQuantile: wasserstein,
  };
}
