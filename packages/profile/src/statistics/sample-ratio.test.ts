import { expect, test } from 'vitest';
import { sampleRatioMismatch, studentSurvival } from '../analysis.ts';

test('two arms of one half agree with the normal test of a share', () => {
  const { statistic, pValue } = sampleRatioMismatch([5_210, 4_790], [0.5, 0.5]);
  expect(statistic).toBeCloseTo(17.64, 12);
  expect(pValue / (2 * studentSurvival(4.2, Infinity))).toBeCloseTo(1, 10);
});

test('three arms agree with SciPy, and shares need not sum to one', () => {
  const { statistic, pValue } = sampleRatioMismatch([100, 190, 710], [0.1, 0.2, 0.7]);
  expect(statistic).toBeCloseTo(0.6428571428571429, 12);
  expect(pValue).toBeCloseTo(0.7251124219221319, 12);
  expect(sampleRatioMismatch([100, 190, 710], [10, 20, 70]).pValue).toBeCloseTo(pValue, 12);
});

test('expected counts are not a mismatch, and neither are no counts', () => {
  expect(sampleRatioMismatch([10, 90], [1, 9])).toEqual({ statistic: 0, pValue: 1 });
  expect(sampleRatioMismatch([0, 0], [1, 9])).toEqual({ statistic: 0, pValue: 1 });
});

test('arms without a share, shares without an arm and counts below zero are refused', () => {
  expect(() => sampleRatioMismatch([1, 2], [1])).toThrow(/got 2 counts and 1 shares/);
  expect(() => sampleRatioMismatch([1], [1])).toThrow(/Two arms or more/);
  expect(() => sampleRatioMismatch([1, 2], [1, 0])).toThrow(/above zero; got 0/);
  expect(() => sampleRatioMismatch([1, -2], [1, 1])).toThrow(/zero or above; got -2/);
});
