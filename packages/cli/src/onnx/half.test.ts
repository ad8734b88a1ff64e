import { expect, test } from 'vitest';
import { fromHalf, toHalf } from './half.ts';

// IEEE 754-2019 binary16.
test.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65_504, 0x7bff],
  [0.1, 0x2e66],
  [1 / 3, 0x3555],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [1023 * 2 ** -24, 0x03ff],
  [Infinity, 0x7c00],
  [-Infinity, 0xfc00],
  [65_520, 0x7c00],
  [65_519, 0x7bff],
  // Ties go to even.
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [2 ** -25, 0x0000],
  [3 * 2 ** -25, 0x0002],
  // Rounding carries into the exponent.
  [2047.9, 0x6800],
])('%d is 0x%s', (value, pattern) => {
  expect(toHalf(value)).toBe(pattern);
});

test('every pattern comes back from its number', () => {
  const patterns = Array.from({ length: 65_536 }, (_, pattern) => pattern).filter(
    (pattern) => !Number.isNaN(fromHalf(pattern)),
  );
  expect(patterns.filter((pattern) => toHalf(fromHalf(pattern)) !== pattern)).toEqual([]);
  // All patterns except the 2 × 1,023 that are NaN.
  expect([patterns.length, toHalf(Number.NaN)]).toEqual([65_536 - 2_046, 0x7e00]);
});
