import { ProfileError } from '../error.ts';

/** Moments of a sample. `variance` is that of single values, not of their mean. */
export interface SampleMoments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

export interface Msprt {
  readonly logLikelihoodRatio: number;
  /**
   * Evidence against equal means: reject at level α as soon as it reaches 1/α. Infinity beyond
   * 1.8e308.
   */
  readonly eValue: number;
  /**
   * min(1, 1/e-value) of this look. The always-valid p-value is the smallest of all looks so far;
   * the caller keeps it.
   */
  readonly pValue: number;
}

/**
 * Mixture sequential probability ratio test of two means (R. Johari, L. Pekelis and D. Walsh, 2015,
 * https://arxiv.org/abs/1512.04922). The difference d = mean_b − mean_a has the variance V = s²ₐ/nₐ
 * + s²_b/n_b. It is tested against differences distributed as N(0, τ²): √(V/(V + τ²)) exp(τ² d²/(2
 * V (V + τ²))). The test may be evaluated at any time. Values must be independent (one per session
 * or device), and their mean nearly normal: start at 50 per arm, and take logarithms of latencies
 * first. If the spread is unknown (fewer than two values, or zero variance), the e-value is 1.
 * @param tau the difference worth finding, in the unit of the means; the margin of the service
 * level if there is one
 * @throws ProfileError INVALID_INPUT for a τ that is not above zero, or invalid moments
 * @example
 * ```ts
 * const a = { n: 200, mean: 3.1, variance: 0.2 };
 * const b = { n: 200, mean: 3.4, variance: 0.2 };
 * msprt({ a, b }, 0.1).pValue < 0.05; // true: the means differ
 * ```
 */
export function msprt(
  { a, b }: { readonly a: SampleMoments; readonly b: SampleMoments },
  tau: number,
): Msprt {
  if (!(tau > 0 && tau < Infinity))
    throw new ProfileError('INVALID_INPUT', `τ must be a number above zero; got ${tau}.`);
  checkMoments('a', a);
  checkMoments('b', b);
  const v = a.variance / a.n + b.variance / b.n;
  if (a.n < 2 || b.n < 2 || !(v > 0)) return { logLikelihoodRatio: 0, eValue: 1, pValue: 1 };
  const t = tau * tau;
  const d = b.mean - a.mean;
  const logLikelihoodRatio = (t * d * d) / (2 * v * (v + t)) - Math.log1p(t / v) / 2;
  return {
    logLikelihoodRatio,
    eValue: Math.exp(logLikelihoodRatio),
    pValue: Math.min(1, Math.exp(-logLikelihoodRatio)),
  };
}

function checkMoments(name: string, { n, mean, variance }: SampleMoments): void {
  // Without values, mean and variance are undefined.
  if (
    n === 0 ||
    (n > 0 &&
      n < Infinity &&
      Number.isFinite(mean) &&
      (n < 2 || (variance >= 0 && variance < Infinity)))
  )
    return;
  throw new ProfileError(
    'INVALID_INPUT',
    `Arm ${name} needs n ≥ 0, a finite mean and a variance of zero or above; got n ${n}, ` +
      `mean ${mean}, variance ${variance}.`,
  );
}
