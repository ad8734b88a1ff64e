import { sum } from './shares.ts';

/** Expected rows that a cell needs in the smaller sample. Below that, chi-square is unreliable. */
export const SMALLEST_CELL = 5;

/** Bins joined into cells that are large enough to test. */
export interface JoinedCells {
  readonly count: number;
  /** Counts of a sample by cell. */
  of(counts: ArrayLike<number>): Float64Array;
}

/**
 * Joins each bin with fewer than SMALLEST_CELL expected rows with the next such bin, in order, so
 * that many rare bins make several cells. The expected rows come from both samples together, which
 * carries no information about their difference. A remainder joins another small cell. It never
 * joins a large cell, which could hide a change in it; it is then a cell of its own.
 * @param reference counts by bin
 * @param current counts by bin
 */
export function joinedCells(reference: ArrayLike<number>, current: ArrayLike<number>): JoinedCells {
  const [m, n] = [sum(reference), sum(current)];
  const smaller = m === 0 ? n : Math.min(m, n);
  const rowsOf = (count: number, bin: number): number => count + (current[bin] ?? 0);
  const expected = Array.from(reference, (count, bin) => (rowsOf(count, bin) / (m + n)) * smaller);
  const cells: { rows: number; bins: number[] }[] = [];
  let open = { rows: 0, bins: [] as number[] };
  for (const [bin, rows] of expected.entries()) {
    if (rows >= SMALLEST_CELL) cells.push({ rows, bins: [bin] });
    else if (rows > 0) {
      open = { rows: open.rows + rows, bins: [...open.bins, bin] };
      if (open.rows >= SMALLEST_CELL) {
        cells.push(open);
        open = { rows: 0, bins: [] };
      }
    }
  }
  if (open.rows > 0) {
    const least = Math.min(...cells.map(({ rows }) => rows));
    const small = cells.find(({ rows }) => rows === least && rows < 2 * SMALLEST_CELL);
    if (small) small.bins.push(...open.bins);
    else cells.push(open);
  }
  return {
    count: cells.length,
    of: (counts) =>
      Float64Array.from(cells, ({ bins }) => {
        return sum(bins.map((bin) => counts[bin] ?? 0));
      }),
  };
}
