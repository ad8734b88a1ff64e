/**
 * P(X ≥ x) for chi-square with k degrees of freedom: the upper regularised incomplete gamma
 * function Q(k/2, x/2) (https://dlmf.nist.gov/8.2).
 * @example
 * ```ts
 * chiSquareSurvival(3.841, 1); // 0.05
 * ```
 */
export function chiSquareSurvival(x: number, k: number): number {
  if (!(x > 0)) return 1;
  return upperGamma(k / 2, x / 2);
}

/**
 * The x with P(X ≥ x) = p for chi-square with k degrees of freedom, by bisection; accurate to a
 * relative 1e-10.
 * @example
 * ```ts
 * chiSquareUpperQuantile(0.05, 1); // 3.841
 * ```
 */
export function chiSquareUpperQuantile(p: number, k: number): number {
  let low = 0;
  let high = k + 10;
  while (chiSquareSurvival(high, k) > p) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i += 1) {
    const middle = (low + high) / 2;
    if (chiSquareSurvival(middle, k) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Q(a, x): power series for x < a + 1, continued fraction (modified Lentz) above. Abramowitz &
 * Stegun 6.5.29, 6.5.31.
 */
function upperGamma(a: number, x: number): number {
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let total = term;
    for (let n = 1; n < 10_000 && term > total * 1e-17; n += 1) {
      term *= x / (a + n);
      total += term;
    }
    return Math.max(0, 1 - front * total);
  }
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 10_000; i += 1) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / nonZero(an * d + b, tiny);
    c = nonZero(b + an / c, tiny);
    const delta = c * d;
    h *= delta;
    if (Math.abs(delta - 1) < 1e-16) break;
  }
  return front * h;
}

/** A denominator of a continued fraction, kept from zero. */
export function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** ln Γ(x), x > 0, by the Lanczos approximation (g = 7, 9 terms): 15 digits. */
export function logGamma(x: number): number {
  const z = x - 1;
  let series = LANCZOS[0] ?? 1;
  for (let i = 1; i < LANCZOS.length; i += 1) series += (LANCZOS[i] ?? 0) / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(series);
}
