import { expect, test } from 'vitest';
import { classificationMetrics, regressionMetrics } from '../analysis.ts';

const close = (got: number, expected: number): void => expect(got).toBeCloseTo(expected, 12);
const NONE = Number.NaN;

test('four labels agree with scikit-learn', () => {
  const found = classificationMetrics([50, 3, 0, 2, 4, 30, 1, 7, 1, 2, 20, 0, 0, 5, 9, 16], 4);
  const precision = [
    0.9090909090909091, 0.7142857142857143, 0.8695652173913043, 0.5333333333333333,
  ];
  const recall = [0.9090909090909091, 0.75, 0.6666666666666666, 0.64];
  const f1 = [0.9090909090909091, 0.7317073170731706, 0.7547169811320754, 0.5818181818181818];
  expect(found.count).toBe(150);
  expect(found.perLabel.map(({ support }) => support)).toEqual([55, 40, 30, 25]);
  for (const [i, label] of found.perLabel.entries()) {
    close(label.precision, precision[i]!);
    close(label.recall, recall[i]!);
    close(label.f1, f1[i]!);
  }
  close(found.accuracy, 0.7733333333333333);
  close(found.macro.precision, 0.7565687935253153);
  close(found.macro.recall, 0.741439393939394);
  close(found.macro.f1, 0.7443333472785842);
  close(found.weightedF1, 0.7763683777489576);
});

test('labels never true, never predicted and neither agree with scikit-learn for the labels that have support', () => {
  // Label 2 is predicted but never true, label 3 true but never predicted, label 4 neither.
  const found = classificationMetrics(
    [40, 6, 0, 5, 0, 2, 25, 0, 3, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    5,
  );
  expect(found.perLabel.slice(2)).toEqual([
    { precision: 0, recall: NONE, f1: 0, support: 0 },
    { precision: NONE, recall: 0, f1: 0, support: 8 },
    { precision: NONE, recall: NONE, f1: NONE, support: 0 },
  ]);
  close(found.accuracy, 0.7558139534883721);
  close(found.macro.precision, 0.8088235294117647);
  close(found.macro.recall, 0.5502717391304347);
  close(found.macro.f1, 0.5437312936481543);
  close(found.weightedF1, 0.7412162318930248);
});

test('without rows there is no metric', () => {
  const metrics = { precision: NONE, recall: NONE, f1: NONE };
  expect(classificationMetrics([0, 0, 0, 0], 2)).toEqual({
    count: 0,
    accuracy: NONE,
    perLabel: [
      { ...metrics, support: 0 },
      { ...metrics, support: 0 },
    ],
    macro: metrics,
    weightedF1: NONE,
  });
  expect(
    regressionMetrics({
      n: 0,
      error: 0,
      absoluteError: 0,
      squaredError: 0,
      truth: 0,
      truthSquared: 0,
    }),
  ).toEqual({ count: 0, bias: NONE, mae: NONE, mse: NONE, rmse: NONE, r2: NONE });
});

test('a regression agrees with scikit-learn', () => {
  // Truths 3, −0.5, 2, 7, 4.25, 10; predictions 2.5, 0, 2, 8, 5, 9.5.
  const found = regressionMetrics({
    n: 6,
    error: 1.25,
    absoluteError: 3.25,
    squaredError: 2.3125,
    truth: 25.75,
    truthSquared: 180.3125,
  });
  expect(found.count).toBe(6);
  close(found.bias, 0.20833333333333334);
  close(found.mae, 0.5416666666666666);
  close(found.mse, 0.3854166666666667);
  close(found.rmse, 0.6208193510729725);
  close(found.r2, 0.9668706163259215);
});

test('equal true values leave no variance to explain', () => {
  expect(
    regressionMetrics({
      n: 3,
      error: 0.3,
      absoluteError: 0.3,
      squaredError: 0.03,
      truth: 3 * 0.1,
      truthSquared: 3 * 0.1 * 0.1,
    }).r2,
  ).toBeNaN();
});

test('a matrix of another size, negative counts and impossible sums are refused', () => {
  expect(() => classificationMetrics([1, 2, 3], 2)).toThrow(/2 × 2 counts; got 3/);
  expect(() => classificationMetrics([1, 2, 3, -1], 2)).toThrow(/zero or above; got -1/);
  expect(() =>
    regressionMetrics({
      n: 1,
      error: -1,
      absoluteError: 1,
      squaredError: -1,
      truth: 1,
      truthSquared: 1,
    }),
  ).toThrow(/got squaredError -1/);
});
