/**
 * Inner edges of at most `bins` bins that hold about equally many of the values, strictly increasing. Lower-inclusive: an edge is
 * itself a value, and belongs to the bin it opens. Ties make bins merge; a constant column has a single edge, the constant, so that what
 * is smaller falls into a bin of its own.
 * @param sorted ascending, finite, not empty
 */
export function quantileEdges(sorted: Float64Array, bins: number): number[] {
  const edges: number[] = [];
  for (let i = 1; i < bins; i += 1) {
    const edge = sorted[Math.floor((i * sorted.length) / bins)];
    if (edge === undefined) continue;
    const last = edges.at(-1);
    // The smallest value as an edge would open a first bin that nothing of the reference falls into.
    if (edge > (last ?? sorted[0] ?? -Infinity)) edges.push(edge);
  }
  const [first] = sorted;
  return edges.length === 0 && first !== undefined ? [first] : edges;
}

/** Value at quantile q by linear interpolation (Hyndman & Fan type 7, the default of R and NumPy). */
export function quantileOf(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const low = Math.floor(position);
  const a = sorted[low] ?? 0;
  const b = sorted[low + 1] ?? a;
  return a + (b - a) * (position - low);
}
