import { ProfileError } from '../error.ts';

/**
 * Counts → shares that sum to one. If all counts are zero, all shares are zero.
 * @example
 * ```ts
 * shares([1, 3]); // [0.25, 0.75]
 * ```
 */
export function shares(counts: ArrayLike<number>): Float64Array {
  const total = sum(counts);
  const all = new Float64Array(counts.length);
  // A loop is faster than `from`, and a jackknife calls this many thousand times.
  if (total !== 0) for (let i = 0; i < counts.length; i += 1) all[i] = (counts[i] ?? 0) / total;
  return all;
}

/**
 * Shares of both sides, to compare bin by bin.
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 */
export function bothShares(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): readonly [p: Float64Array, q: Float64Array] {
  checkSameBins(reference, current);
  return [shares(reference), shares(current)];
}

/**
 * Shares with half a count added to every bin (Jeffreys, Krichevsky–Trofimov), so that no share is
 * zero.
 */
export function smoothedShares(counts: ArrayLike<number>): Float64Array {
  const total = sum(counts) + 0.5 * counts.length;
  return Float64Array.from(counts, (count) => (count + 0.5) / total);
}

/**
 * Checks that both sides have the same number of bins.
 * @throws ProfileError INVALID_INPUT
 */
export function checkSameBins(reference: ArrayLike<number>, current: ArrayLike<number>): void {
  if (reference.length !== current.length) {
    throw new ProfileError(
      'INVALID_INPUT',
      `The reference has ${reference.length} bins, the current counts have ` +
        `${current.length}; count them against the same reference profile.`,
    );
  }
}

export function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] ?? 0;
  return total;
}
