import { ProfileError } from '../error.ts';

export interface FalseDiscovery {
  /** Whether each test is rejected, in the order of the p-values. */
  readonly rejected: readonly boolean[];
  /** Adjusted p-values: the smallest rate q at which each test would be rejected. */
  readonly adjusted: readonly number[];
}

/**
 * Selects which of many tests to reject, so that on average at most a share q of the rejections is
 * false. It rejects the k smallest p-values for the largest k with p₍ₖ₎ ≤ q k / N (Y. Benjamini and
 * Y. Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x). Valid for tests that are
 * independent or positively dependent, such as the features of one window.
 * @throws ProfileError INVALID_INPUT unless 0 < q < 1 and all p-values are from 0 to 1
 * @example
 * ```ts
 * benjaminiHochberg([0.001, 0.04, 0.2], 0.05).rejected; // [true, false, false]
 * ```
 */
export function benjaminiHochberg(pValues: readonly number[], q: number): FalseDiscovery {
  return stepUp(pValues, q, 1);
}

/**
 * Like `benjaminiHochberg()`, but valid under any dependence, such as overlapping segments. It
 * divides q by Σ 1/k over the tests (Y. Benjamini and D. Yekutieli 2001,
 * https://doi.org/10.1214/aos/1013699998).
 * @throws ProfileError INVALID_INPUT as `benjaminiHochberg()` does
 * @example
 * ```ts
 * benjaminiYekutieli([0.001, 0.04, 0.2], 0.05).adjusted; // [0.0055, 0.11, 0.367] rounded
 * ```
 */
export function benjaminiYekutieli(pValues: readonly number[], q: number): FalseDiscovery {
  return stepUp(
    pValues,
    q,
    pValues.reduce((total, _, i) => total + 1 / (i + 1), 0),
  );
}

function stepUp(pValues: readonly number[], q: number, price: number): FalseDiscovery {
  if (!(q > 0 && q < 1))
    throw new ProfileError(
      'INVALID_INPUT',
      `A false discovery rate must be between 0 and 1; got ${q}.`,
    );
  const wrong = pValues.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0)
    throw new ProfileError(
      'INVALID_INPUT',
      `A p-value must be from 0 to 1; number ${wrong} is ${pValues[wrong]}.`,
    );
  const falling = pValues
    .map((_, i) => i)
    .toSorted((a, b) => (pValues[b] ?? 0) - (pValues[a] ?? 0));
  const adjusted = pValues.map(() => 1);
  let smallest = 1;
  for (const [k, i] of falling.entries()) {
    smallest = Math.min(
      smallest,
      ((pValues[i] ?? 0) * price * pValues.length) / (pValues.length - k),
    );
    adjusted[i] = smallest;
  }
  // 0.03 · 5 / 3 is not exactly 0.05 in binary. A p-value on the line must still be rejected.
  return { rejected: adjusted.map((p) => p <= q * (1 + 1e-12)), adjusted };
}
