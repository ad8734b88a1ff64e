import { expect, test } from 'vitest';
import { measuredBatchSize } from './batch-size.ts';

/** Records runs of this many rows, with their milliseconds. Returns the limit after each. */
function limitsAfter(runs: readonly (readonly [rows: number, ms: number])[]): number[] {
  const size = measuredBatchSize();
  return runs.map(([rows, ms]) => {
    size.record(rows, ms);
    return size.limit();
  });
}

test('a few slow runs of a short model do not end the search for its batch size', () => {
  const slow = Array.from({ length: 5 }, () => [2, 40] as const);
  expect(limitsAfter([[1, 2], ...slow, [2, 2.2]])).toEqual([2, 2, 2, 2, 2, 2, 4]);
});

test('a short model whose batches never pay runs its calls one by one', () => {
  const slow = Array.from({ length: 7 }, () => [2, 4] as const);
  expect(limitsAfter([[1, 2], ...slow, [2, 1]])).toEqual([2, 2, 2, 2, 2, 2, 2, 1, 1]);
});

test('three batches decide for a model of long runs', () => {
  expect(
    limitsAfter([
      [1, 26],
      [2, 53],
      [2, 53],
      [2, 53],
    ]),
  ).toEqual([2, 2, 2, 1]);
});

/** The limit after so many runs of this many milliseconds for each number of rows. */
function found(runs: number, msOf: (rows: number, run: number) => number): number {
  const size = measuredBatchSize();
  // A call comes first, and many wait meanwhile.
  size.record(1, msOf(1, 0));
  for (let run = 1; run < runs; run += 1) size.record(size.limit(), msOf(size.limit(), run));
  return size.limit();
}

test('slow first runs do not make batches that cost more per row', () => {
  // Compiled meanwhile, the first runs take several times as long.
  const cold = (run: number): number => (run < 2 ? 4 : run < 4 ? 2 : 1);
  expect(found(60, (rows, run) => cold(run) * 60 * rows * (rows > 1 ? 1.06 : 1))).toBe(1);
  expect(found(200, (rows, run) => cold(run) * 2 * rows)).toBe(1);
});

test.each([1, 2, 4, 8, 16, 32])('batches grow to %i calls, as far as they pay', (most) => {
  // A row costs a fifth less in a batch of twice the size, up to a size from which it costs more.
  const rowMs = (rows: number): number =>
    10 * 0.8 ** Math.log2(Math.min(rows, most)) * (rows > most ? 1.05 : 1);
  expect(found(200, (rows) => rows * rowMs(rows))).toBe(most);
});

test('batches of short runs grow to the largest size', () => {
  expect(found(40, (rows) => 0.02 * rows)).toBe(32);
});
