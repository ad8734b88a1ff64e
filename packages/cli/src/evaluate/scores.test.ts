import { expect, test } from 'vitest';
import { classificationScores, regressionScores } from './scores.ts';

const values = (metrics: readonly { name: string; value: number }[]): Record<string, number> =>
  Object.fromEntries(metrics.map(({ name, value }) => [name, value]));

/**
 * scikit-learn 1.2: precision_recall_fscore_support(t, a, average='macro', zero_division=0),
 * accuracy_score(t, a).
 */
test('accuracy, precision, recall and F1 are those of scikit-learn', () => {
  const groundTruth = ['cat', 'dog', 'cat', 'bird', 'dog', 'cat', 'bird', 'bird', 'dog', 'cat'];
  const answer = ['cat', 'cat', 'cat', 'dog', 'dog', 'dog', 'bird', 'dog', 'dog', 'fish'];
  const scores = values(
    classificationScores(groundTruth.map((name, i) => ({ groundTruth: name, answer: answer[i]! }))),
  );
  expect(scores['accuracy']).toBeCloseTo(0.5, 12);
  expect(scores['precision']).toBeCloseTo(0.5166666666666667, 12);
  expect(scores['recall']).toBeCloseTo(0.375, 12);
  expect(scores['f1']).toBeCloseTo(0.39285714285714285, 12);
});

/** scikit-learn 1.2: mean_squared_error, mean_absolute_error, r2_score. */
test('MSE, MAE and R² are those of scikit-learn', () => {
  const groundTruth = [3, -0.5, 2, 7];
  const answer = [2.5, 0, 2, 8];
  const scores = values(
    regressionScores(
      groundTruth.map((value, i) => ({ groundTruth: String(value), answer: String(answer[i]) })),
    ),
  );
  expect(scores['mse']).toBeCloseTo(0.375, 12);
  expect(scores['mae']).toBeCloseTo(0.5, 12);
  expect(scores['r2']).toBeCloseTo(0.9486081370449679, 12);
});
