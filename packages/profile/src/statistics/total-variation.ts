import { bothShares } from './shares.ts';

/**
 * Total variation distance, ½ Σ |p − q|, from 0 to 1: the share of the rows that would have to move
 * to another bin.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * totalVariation([50, 50], [30, 70]); // 0.2
 * ```
 */
export function totalVariation(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [p, q] = bothShares(reference, current);
  let total = 0;
  for (let i = 0; i < p.length; i += 1) total += Math.abs((p[i] ?? 0) - (q[i] ?? 0));
  return total / 2;
}
