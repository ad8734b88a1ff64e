import { expect, test } from 'vitest';
import { createBatchSize } from './batch-size.ts';

/** Records runs of this many rows, with their milliseconds. Returns the limit after each. */
function limitsAfter(runs: readonly (readonly [rows: number, ms: number])[]): number[] {
  const size = createBatchSize(null);
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
