import { logGamma, nonZero } from './chi-square-distribution.ts';

/**
 * Regularised incomplete beta function I_x(a, b), by its continued fraction
 * (https://dlmf.nist.gov/8.17, 8.17.22, modified Lentz), from the end that converges.
 * @param y 1 − x, passed separately because a difference would lose the digits of a small y
 */
export function incompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const front = Math.exp(a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b));
  return x < (a + 1) / (a + b + 2)
    ? (front * fraction(a, b, x)) / a
    : Math.max(0, 1 - (front * fraction(b, a, y)) / b);
}

/** ln x; near x = 1 it is computed from 1 − x. */
function logOf(x: number, y: number): number {
  return x > 0.5 ? Math.log1p(-y) : Math.log(x);
}

/**
 * ln B(a, b). For a large argument it computes the difference of two values of ln Γ directly,
 * because each alone would lose the digits.
 */
function logBeta(a: number, b: number): number {
  const [large, small] = a > b ? [a, b] : [b, a];
  if (large < 20) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const rise =
    (large - 0.5) * Math.log1p(small / large) +
    small * Math.log(large + small) -
    small +
    stirling(large + small) -
    stirling(large);
  return logGamma(small) - rise;
}

/** ln Γ(z) − ((z − ½) ln z − z + ½ ln 2π) for z ≥ 20 (DLMF 5.11.1). */
function stirling(z: number): number {
  const w = 1 / (z * z);
  return (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z;
}

function fraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let h = d;
  for (let m = 1; m < 100_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    h *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    h *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return h;
}
