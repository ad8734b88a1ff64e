/**
 * Index of the bin a value falls into: the number of edges that are not larger than it, so a value equal to an edge opens the bin above.
 * Branch-free halving, because values arrive in random order and a mispredicted branch costs more than a step.
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

/** Bin of a finite score among `bins` uniform ones over [0, 1]; 1 and what rounding put above it belong to the last, negatives to the first. */
export function scoreBin(score: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(score * bins)));
}
