import { ProfileError } from '../error.ts';

export interface FalseDiscovery {
  /** In the order of the p-values. */
  readonly rejected: readonly boolean[];
  /** The smallest rate at which each would be rejected. */
  readonly adjusted: readonly number[];
}

/**
 * Which of many tests to reject so that on average at most a share q of the rejections is false: the k smallest p-values, k the largest with
 * p₍ₖ₎ ≤ q k / N (Benjamini and Hochberg 1995). Right for tests that are independent or positively dependent, as features of one window are.
 */
export function benjaminiHochberg(pValues: readonly number[], q: number): FalseDiscovery {
  return stepUp(pValues, q, 1);
}

/** The same under any dependence, at a price of Σ 1/k over the tests (Benjamini and Yekutieli 2001): for segments that overlap. */
export function benjaminiYekutieli(pValues: readonly number[], q: number): FalseDiscovery {
  return stepUp(pValues, q, pValues.reduce((total, _, i) => total + 1 / (i + 1), 0));
}

function stepUp(pValues: readonly number[], q: number, price: number): FalseDiscovery {
  if (!(q > 0 && q < 1)) throw new ProfileError('INVALID_INPUT', `A false discovery rate must be between 0 and 1; got ${q}.`);
  const wrong = pValues.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0) throw new ProfileError('INVALID_INPUT', `A p-value must be from 0 to 1; number ${wrong} is ${pValues[wrong]}.`);
  const falling = pValues.map((_, i) => i).toSorted((a, b) => (pValues[b] ?? 0) - (pValues[a] ?? 0));
  const adjusted = pValues.map(() => 1);
  let smallest = 1;
  for (const [k, i] of falling.entries()) {
    smallest = Math.min(smallest, ((pValues[i] ?? 0) * price * pValues.length) / (pValues.length - k));
    adjusted[i] = smallest;
  }
  // 0.03 · 5 / 3 is not 0.05 in binary; a p-value on the line is rejected all the same.
  return { rejected: adjusted.map((p) => p <= q * (1 + 1e-12)), adjusted };
}
