import { bothShares } from './shares.ts';

/**
 * Jensen–Shannon distance: the square root of the divergence ½ KL(p‖s) + ½ KL(q‖s) with s = (p +
 * q)/2, in base 2. It is from 0 to 1 and needs no smoothing. (Tools that use the natural logarithm
 * end at 0.8326 and need other thresholds.)
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * jensenShannonDistance([50, 50], [30, 70]); // 0.174
 * ```
 */
export function jensenShannonDistance(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): number {
  const [p, q] = bothShares(reference, current);
  let divergence = 0;
  for (let i = 0; i < p.length; i += 1) {
    const [a, b] = [p[i] ?? 0, q[i] ?? 0];
    const middle = (a + b) / 2;
    if (a > 0) divergence += 0.5 * a * Math.log2(a / middle);
    if (b > 0) divergence += 0.5 * b * Math.log2(b / middle);
  }
  return Math.sqrt(Math.max(0, divergence));
}
