/**
 * A step function that never falls. `values[i]` applies from `starts[i]` to the next start; the
 * first value also applies before it.
 */
export interface Steps {
  readonly starts: readonly number[];
  readonly values: readonly number[];
}

/**
 * Isotonic regression: the non-decreasing function with the least squared error, by pooling
 * adjacent violators. Rows of equal x count as one.
 * @param x in rising order
 * @param y at each x
 */
export function isotonicSteps(x: ArrayLike<number>, y: ArrayLike<number>): Steps {
  const blocks: { start: number; sum: number; rows: number }[] = [];
  for (let i = 0; i < x.length;) {
    const block = { start: x[i] ?? 0, sum: 0, rows: 0 };
    for (; i < x.length && x[i] === block.start; i += 1) {
      block.sum += y[i] ?? 0;
      block.rows += 1;
    }
    blocks.push(block);
    pool(blocks);
  }
  return {
    starts: blocks.map(({ start }) => start),
    values: blocks.map(({ sum, rows }) => sum / rows),
  };
}

/** The value at x. */
export function stepAt({ starts, values }: Steps, x: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? Infinity) <= x) low = middle;
    else high = middle;
  }
  return values[low] ?? Number.NaN;
}

/** Merges the last block into the blocks before it until the means rise. */
function pool(blocks: { start: number; sum: number; rows: number }[]): void {
  for (;;) {
    const [before, last] = [blocks.at(-2), blocks.at(-1)];
    if (!before || !last || before.sum * last.rows < last.sum * before.rows) return;
    before.sum += last.sum;
    before.rows += last.rows;
    blocks.pop();
  }
}
