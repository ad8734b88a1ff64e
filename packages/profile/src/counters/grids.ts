import type { NumericReference } from '../reference/reference-profile.ts';

/**
 * Cells of a grid. The first has all smaller numbers too, and the last all larger ones. With 32
 * bins, about one cell in 16 has a threshold.
 */
export const CELLS = 512;
/** With more thresholds than this in one cell, a binary search over all is faster. */
const MAX_CROWD = 64;

/** Tables that tell at which threshold to begin to compare a number. */
export interface Grids {
  /** Origin of each feature's grid, and its cells per unit; NaN without a grid. */
  readonly scales: Float64Array;
  /** By feature and cell, the index of the first threshold that is not in a lower cell. */
  readonly starts: Uint16Array | Uint32Array;
}

/**
 * Lays a grid of equal cells over the thresholds of each feature. The cell of a number never
 * decreases as the number grows, whatever is lost to rounding. So the thresholds of lower cells are
 * smaller than the number, and need no comparison.
 * @param features null where a feature is not numeric
 * @param thresholds of each feature, ascending
 * @param offsets where the thresholds of each feature begin in one list of all, and its length
 */
export function createGrids(
  features: readonly (NumericReference | null)[],
  thresholds: readonly Float64Array[],
  offsets: readonly number[],
): Grids {
  const scales = new Float64Array(2 * features.length).fill(Number.NaN);
  const Starts = (offsets.at(-1) ?? 0) > 0xffff ? Uint32Array : Uint16Array;
  const starts = new Starts(CELLS * features.length);
  for (const [index, feature] of features.entries()) {
    const scale = feature && scaleOf(feature);
    const cells = starts.subarray(CELLS * index, CELLS * (index + 1));
    if (scale && fillCells(cells, scale, thresholds[index] ?? [], offsets[index] ?? 0))
      scales.set(scale, 2 * index);
  }
  return { scales, starts };
}

/** A grid over the edges, and over as much beside them as has about one value in 200. */
function scaleOf({
  edges,
  min,
  max,
}: NumericReference): readonly [origin: number, perUnit: number] {
  const [first = min, last = max] = [edges[0], edges.at(-1)];
  const margin = ((last - first || max - min) * 8) / Math.max(1, edges.length);
  const origin = first - margin;
  return [origin, CELLS / (last + margin - origin)];
}

/**
 * Returns false if there is no such grid, as for a feature with one value, or if the thresholds
 * crowd in one cell.
 */
function fillCells(
  cells: Uint16Array | Uint32Array,
  [origin, perUnit]: readonly [number, number],
  thresholds: ArrayLike<number>,
  offset: number,
): boolean {
  if (!Number.isFinite(origin) || !Number.isFinite(perUnit) || perUnit <= 0) return false;
  let [next, crowd] = [0, 0];
  for (let i = 0; i < thresholds.length; i += 1) {
    const cell = cellAt(((thresholds[i] as number) - origin) * perUnit);
    crowd = cell < next ? crowd + 1 : 1;
    if (crowd > MAX_CROWD) return false;
    if (cell >= next) cells.fill(offset + i, next, cell + 1);
    next = cell + 1;
  }
  return true;
}

function cellAt(place: number): number {
  return Math.max(0, Math.min(CELLS - 1, Math.trunc(place)));
}
