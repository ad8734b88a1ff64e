import { expect, test } from 'vitest';
import type { JudgedFeature } from './drift.ts';
import { shiftOf } from './shift.ts';

const shift = (
  base: readonly number[],
  current: readonly number[],
  kind: 'numeric' | 'categorical' = 'numeric',
) =>
  shiftOf({
    kind,
    evidence: {
      base,
      current: Float64Array.from(current),
      labels: base.map((_, i) => `word ${i}`),
    },
  } as unknown as JudgedFeature);
/** Twenty bins with as many values each. */
const even = Array.from({ length: 20 }, () => 50);

test('a shift down is told by the share below almost all of the reference', () => {
  expect(shift(even, [240, ...Array.from({ length: 19 }, () => 40)])).toEqual({
    kind: 'down',
    share: 0.24,
    usual: 0.05,
  });
});

test('a shift up that leaves the tail alone is told where the difference is largest', () => {
  const current = even.map((count, i) => (i < 10 ? count - 30 : i < 18 ? count + 37.5 : count));
  expect(shift(even, current)).toEqual({
    kind: 'up',
    share: expect.closeTo(0.8),
    usual: expect.closeTo(0.5),
  });
});

test('values that spread, or gather, are neither up nor down', () => {
  const spread = even.map((_, i) => (i === 0 || i === 19 ? 230 : 30));
  expect(shift(even, spread)).toMatchObject({ kind: 'wider', usual: expect.closeTo(0.1) });
  const gathered = even.map((_, i) => (i >= 7 && i < 13 ? 140 : 11));
  expect(shift(even, gathered)).toMatchObject({ kind: 'narrower', usual: expect.closeTo(0.5) });
});

test('of categories, the word that gained most is named', () => {
  expect(shift([50, 30, 20], [20, 30, 50], 'categorical')).toEqual({
    kind: 'category',
    word: 'word 2',
    share: 0.5,
    usual: 0.2,
  });
});
