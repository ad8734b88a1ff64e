import { binOf } from './bins.ts';

/**
 * Inner edges of at most `bins` bins that hold about equally many values. The edges increase
 * strictly, and bins are lower-inclusive. An edge lies halfway between two neighbouring values: a
 * value that lost its last digits to float32 or a CSV stays on its side. Ties: if two quantiles
 * fall on one frequent value, it gets a bin of its own. A constant has three bins: below, equal (to
 * 6 digits), above.
 * @param sorted ascending, finite, not empty
 */
export function quantileEdges(sorted: Float64Array, bins: number): number[] {
  const [smallest = 0, largest = smallest] = [sorted[0], sorted.at(-1)];
  if (smallest === largest) return around(smallest);
  const edges: number[] = [];
  let previous = smallest;
  for (let i = 1; i < bins; i += 1) {
    const value = sorted[Math.floor((i * sorted.length) / bins)] ?? largest;
    // On the second quantile of a value there is already an edge at its start, so add one at its
    // end.
    const edge =
      value > previous
        ? between(below(sorted, value), value)
        : value < largest
          ? between(value, above(sorted, value))
          : -Infinity;
    if (edge > (edges.at(-1) ?? -Infinity)) edges.push(edge);
    previous = value;
  }
  return edges;
}

/**
 * Value at quantile q by linear interpolation (Hyndman & Fan type 7, the default of R and NumPy).
 */
export function quantileOf(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const low = Math.floor(position);
  const a = sorted[low] ?? 0;
  const b = sorted[low + 1] ?? a;
  const share = position - low;
  // a + (b − a)·share would overflow between extremes of opposite sign.
  return share === 0 || a === b ? a : a * (1 - share) + b * share;
}

function around(value: number): number[] {
  const width = Math.abs(value === 0 ? 1 : value) * 2 ** -20;
  const [low, high] = [value - width, value + width];
  return low < value && value < high ? [low, high].filter(Number.isFinite) : [value];
}

/**
 * The middle, or b if no number lies between. The result has a < result ≤ b, so b opens the bin and
 * a is outside it.
 */
function between(a: number, b: number): number {
  const middle = a / 2 + b / 2;
  return middle > a && middle <= b ? middle : b;
}

/** Largest value smaller than `value`, which must not be the smallest. */
function below(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1] ?? value;
}

/** Smallest value larger than `value`, which must not be the largest. */
function above(sorted: Float64Array, value: number): number {
  return sorted[binOf(sorted, value)] ?? value;
}
