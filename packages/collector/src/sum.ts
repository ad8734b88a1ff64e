export function rate(part: number, total: number): number {
  return total === 0 ? 0 : part / total;
}

export function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] ?? 0;
  return total;
}

/** Null instead of NaN and ±Infinity, which JSON cannot represent. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
