/**
 * Index of the bin of a value: the number of edges at or below it. A value equal to an edge belongs
 * to the bin above. The binary search has no branches, because values arrive in random order and a
 * mispredicted branch costs more than a step.
 */
export function binOf(edges: Float64Array | readonly number[], value: number): number {
  let low = 0;
  let length = edges.length;
  while (length > 0) {
    const half = length >> 1;
    const above = (edges[low + half] ?? Infinity) <= value;
    low = above ? low + half + 1 : low;
    length = above ? length - half - 1 : half;
  }
  return low;
}

/**
 * Bin of a finite score among `bins` uniform bins over [0, 1]. A score of 1 or more is in the last
 * bin, a negative one in the first.
 */
export function scoreBin(score: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(score * bins)));
}
