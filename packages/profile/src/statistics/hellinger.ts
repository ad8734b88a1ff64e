import { bothShares } from './shares.ts';

/**
 * Hellinger distance, √(1 − Σ √(p q)), from 0 to 1.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * hellinger([50, 50], [30, 70]); // 0.145
 * ```
 */
export function hellinger(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [p, q] = bothShares(reference, current);
  let coefficient = 0;
  for (let i = 0; i < p.length; i += 1) coefficient += Math.sqrt((p[i] ?? 0) * (q[i] ?? 0));
  return Math.sqrt(Math.max(0, 1 - coefficient));
}
