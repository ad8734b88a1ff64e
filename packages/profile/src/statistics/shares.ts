/** Counts → shares that sum to one; all zero counts give all zeros. */
export function shares(counts: ArrayLike<number>): Float64Array {
  const total = sum(counts);
  return Float64Array.from(counts, (count) => (total === 0 ? 0 : count / total));
}

/** Shares with half a count added to every bin (Jeffreys, Krichevsky–Trofimov), so that no share is zero. */
export function smoothedShares(counts: ArrayLike<number>): Float64Array {
  const total = sum(counts) + 0.5 * counts.length;
  return Float64Array.from(counts, (count) => (count + 0.5) / total);
}

export function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] ?? 0;
  return total;
}
