import { bothShares, checkSameBins, smoothedShares } from './shares.ts';

/**
 * Population Stability Index, Σ (q − p) ln(q / p), where p are the reference's shares and q the
 * current ones. Natural logarithm, symmetric, unbounded. Each bin is smoothed by half a count
 * unless `smooth` is false; then a bin that only one side has makes it infinite. Without drift its
 * mean is about (B − 1)(1/n + 1/m): compare it with `noiseFloor()`.
 * @param options `smooth`: add half a count to each bin. Default: true.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * psi([50, 50], [30, 70], { smooth: false }); // 0.169
 * ```
 */
export function psi(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  { smooth = true }: { readonly smooth?: boolean } = {},
): number {
  checkSameBins(reference, current);
  const [p, q] = smooth
    ? [smoothedShares(reference), smoothedShares(current)]
    : bothShares(reference, current);
  let total = 0;
  for (let i = 0; i < p.length; i += 1) {
    const [a, b] = [p[i] ?? 0, q[i] ?? 0];
    if (a !== b) total += (b - a) * Math.log(b / a);
  }
  return total;
}
