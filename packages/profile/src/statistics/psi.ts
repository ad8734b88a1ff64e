import { bothShares, checkSameBins, smoothedShares } from './shares.ts';

/**
 * Population Stability Index, Σ (q − p) ln(q / p) with p the reference's and q the current shares; natural logarithm, symmetric, unbounded.
 * Smoothed by half a count a bin unless `smooth` is false; then a bin that only one side has makes it infinite. Under no drift its mean is
 * about (B − 1)(1/n + 1/m): compare it with `noiseFloor()`.
 */
export function psi(reference: ArrayLike<number>, current: ArrayLike<number>, { smooth = true }: { readonly smooth?: boolean } = {}): number {
  checkSameBins(reference, current);
  const [p, q] = smooth ? [smoothedShares(reference), smoothedShares(current)] : bothShares(reference, current);
  let total = 0;
  for (let i = 0; i < p.length; i += 1) {
    const [a, b] = [p[i] ?? 0, q[i] ?? 0];
    if (a !== b) total += (b - a) * Math.log(b / a);
  }
  return total;
}
