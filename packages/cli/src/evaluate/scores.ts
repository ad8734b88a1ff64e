import type { Metric } from '@perigee/registry';

/** The ground truth and the prediction of one row. */
export interface Answered {
  readonly groundTruth: string;
  readonly answer: string;
  readonly slice?: string;
}

/**
 * accuracy, and precision, recall and F1 averaged over the classes that occur (macro). A class that
 * is never predicted has precision 0, as in scikit-learn with zero_division=0.
 */
export function classificationScores(rows: readonly Answered[]): Metric[] {
  const classes = [
    ...new Set(rows.flatMap(({ groundTruth, answer }) => [groundTruth, answer])),
  ].toSorted();
  const each = classes.map((name) => {
    const right = rows.filter(
      ({ groundTruth, answer }) => groundTruth === name && answer === name,
    ).length;
    const answered = rows.filter(({ answer }) => answer === name).length;
    const real = rows.filter(({ groundTruth }) => groundTruth === name).length;
    const [precision, recall] = [
      answered === 0 ? 0 : right / answered,
      real === 0 ? 0 : right / real,
    ];
    return {
      precision,
      recall,
      f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    };
  });
  const mean = (of: (one: (typeof each)[number]) => number): number =>
    each.reduce((sum, one) => sum + of(one), 0) / Math.max(1, each.length);
  return [
    {
      name: 'accuracy',
      value:
        rows.filter(({ groundTruth, answer }) => groundTruth === answer).length /
        Math.max(1, rows.length),
    },
    { name: 'precision', value: mean(({ precision }) => precision) },
    { name: 'recall', value: mean(({ recall }) => recall) },
    { name: 'f1', value: mean(({ f1 }) => f1) },
  ];
}

/**
 * mean squared error, mean absolute error, and R² = 1 − residual / total sum of squares. If all
 * true values are equal, R² is 1 or 0, as in scikit-learn.
 */
export function regressionScores(rows: readonly Answered[]): Metric[] {
  const pairs = rows.map(
    ({ groundTruth, answer }) => [Number(groundTruth), Number(answer)] as const,
  );
  const count = Math.max(1, pairs.length);
  const mean = pairs.reduce((sum, [groundTruth]) => sum + groundTruth, 0) / count;
  const squared = pairs.reduce(
    (sum, [groundTruth, answer]) => sum + (groundTruth - answer) ** 2,
    0,
  );
  const total = pairs.reduce((sum, [groundTruth]) => sum + (groundTruth - mean) ** 2, 0);
  return [
    { name: 'mse', value: squared / count },
    {
      name: 'mae',
      value:
        pairs.reduce((sum, [groundTruth, answer]) => sum + Math.abs(groundTruth - answer), 0) /
        count,
    },
    { name: 'r2', value: total === 0 ? Number(squared === 0) : 1 - squared / total },
  ];
}
