import { ProfileError } from '../error.ts';

/** A sample by its moments; `variance` of single values, not of their mean. */
export interface SampleMoments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

export interface Msprt {
  readonly logLikelihoodRatio: number;
  /** Of equal means: reject at level α as soon as it reaches 1/α. Infinity beyond 1.8e308. */
  readonly eValue: number;
  /** min(1, 1/e-value) of this look. The smallest of all looks so far is the always-valid p-value; the caller keeps it. */
  readonly pValue: number;
}

/**
 * Mixture sequential probability ratio test of two means (Johari, Pekelis and Walsh, 2015): the difference d = mean_b − mean_a with variance
 * V = s²ₐ/nₐ + s²_b/n_b, against differences distributed as N(0, τ²): √(V/(V + τ²)) exp(τ² d²/(2 V (V + τ²))). One may look whenever one
 * likes. Values must be independent — one a session or device — and near enough to normal in their mean: look from 50 of each arm on, and
 * take logarithms of latencies first. Where nothing is known of the spread (fewer than two values, or no variance at all) it says nothing.
 * @param tau the difference worth finding, in the unit of the means; the margin of the service level where there is one
 */
export function msprt({ a, b }: { readonly a: SampleMoments; readonly b: SampleMoments }, tau: number): Msprt {
  if (!(tau > 0 && tau < Infinity)) throw new ProfileError('INVALID_INPUT', `τ must be a number above zero; got ${tau}.`);
  checkMoments('a', a);
  checkMoments('b', b);
  const v = a.variance / a.n + b.variance / b.n;
  if (a.n < 2 || b.n < 2 || !(v > 0)) return { logLikelihoodRatio: 0, eValue: 1, pValue: 1 };
  const t = tau * tau;
  const d = b.mean - a.mean;
  const logLikelihoodRatio = (t * d * d) / (2 * v * (v + t)) - Math.log1p(t / v) / 2;
  return { logLikelihoodRatio, eValue: Math.exp(logLikelihoodRatio), pValue: Math.min(1, Math.exp(-logLikelihoodRatio)) };
}

function checkMoments(name: string, { n, mean, variance }: SampleMoments): void {
  // Without values there is neither a mean nor a variance.
  if (n === 0 || (n > 0 && n < Infinity && Number.isFinite(mean) && (n < 2 || (variance >= 0 && variance < Infinity)))) return;
  throw new ProfileError('INVALID_INPUT', `Arm ${name} needs n ≥ 0, a finite mean and a variance of zero or above; got n ${n}, mean ${mean}, variance ${variance}.`);
}
