import { ProfileError } from '../error.ts';

/**
 * Metrics of one label. NaN where the denominator is zero: precision without predictions, recall
 * without rows that have the label, F1 without both.
 */
export interface LabelMetrics {
  readonly precision: number;
  readonly recall: number;
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: number;
  /** Number of rows with this true label. */
  readonly support: number;
}

export interface ClassificationMetrics {
  readonly count: number;
  readonly accuracy: number;
  readonly perLabel: readonly LabelMetrics[];
  /**
   * Unweighted means over the labels with support. Each mean skips labels for which the metric is
   * NaN.
   */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** Mean of F1, weighted by support. */
  readonly weightedF1: number;
}

/**
 * Accuracy, precision, recall and F1 from counted predictions. They agree with scikit-learn for the
 * labels with support, with `zero_division=np.nan`. A label without support is left out of the
 * means, however often it was predicted.
 * @param confusion row-major counts, row = predicted label, column = true label
 * @param labels number of labels
 * @throws ProfileError INVALID_INPUT for a matrix that is not labels × labels, or negative counts
 * @example
 * ```ts
 * classificationMetrics([40, 5, 10, 45], 2).accuracy; // 0.85
 * ```
 */
export function classificationMetrics(
  confusion: ArrayLike<number>,
  labels: number,
): ClassificationMetrics {
  checkConfusion(confusion, labels);
  const at = (predicted: number, groundTruth: number): number =>
    confusion[predicted * labels + groundTruth] ?? 0;
  const indexes = Array.from({ length: labels }, (_, label) => label);
  const perLabel = indexes.map((label): LabelMetrics => {
    const hits = at(label, label);
    const predicted = indexes.reduce((total, groundTruth) => total + at(label, groundTruth), 0);
    const support = indexes.reduce((total, guess) => total + at(guess, label), 0);
    return {
      precision: hits / predicted,
      recall: hits / support,
      f1: (2 * hits) / (predicted + support),
      support,
    };
  });
  const count = perLabel.reduce((total, { support }) => total + support, 0);
  const supported = perLabel.filter(({ support }) => support > 0);
  return {
    count,
    accuracy: indexes.reduce((total, label) => total + at(label, label), 0) / count,
    perLabel,
    macro: {
      precision: meanOfNumbers(supported.map(({ precision }) => precision)),
      recall: meanOfNumbers(supported.map(({ recall }) => recall)),
      f1: meanOfNumbers(supported.map(({ f1 }) => f1)),
    },
    weightedF1: supported.reduce((total, { f1, support }) => total + f1 * support, 0) / count,
  };
}

/** Sums over rows; they merge by addition. An error is prediction minus ground truth. */
export interface RegressionSums {
  readonly n: number;
  readonly error: number;
  readonly absoluteError: number;
  readonly squaredError: number;
  readonly truth: number;
  readonly truthSquared: number;
}

/**
 * Metrics in the unit of the ground truth; `mse` in its square, `r2` without unit. All are NaN
 * without rows.
 */
export interface RegressionMetrics {
  readonly count: number;
  /** Mean error: above zero if predictions are too large. */
  readonly bias: number;
  readonly mae: number;
  readonly mse: number;
  readonly rmse: number;
  /** 1 − Σ error² / Σ (true value − mean)²; NaN if all true values are equal. */
  readonly r2: number;
}

/**
 * Regression metrics from sums.
 * @throws ProfileError INVALID_INPUT for sums that are not finite, or negative sums of sizes and
 * squares
 * @example
 * ```ts
 * const { mae, r2 } = regressionMetrics(sums);
 * ```
 */
export function regressionMetrics({
  n,
  error,
  absoluteError,
  squaredError,
  truth,
  truthSquared,
}: RegressionSums): RegressionMetrics {
  const wrong = Object.entries({ n, error, absoluteError, squaredError, truth, truthSquared }).find(
    ([name, value]) =>
      !Number.isFinite(value) || (value < 0 && name !== 'error' && name !== 'truth'),
  );
  if (wrong)
    throw new ProfileError(
      'INVALID_INPUT',
      'Sums of a regression must be finite, and those of sizes and squares zero or above; ' +
        `got ${wrong[0]} ${wrong[1]}.`,
    );
  const mse = squaredError / n;
  const spread = truthSquared - (truth * truth) / n;
  // A rounding residue of equal true values is not a spread.
  const r2 = spread > 1e-12 * truthSquared ? 1 - squaredError / spread : Number.NaN;
  return { count: n, bias: error / n, mae: absoluteError / n, mse, rmse: Math.sqrt(mse), r2 };
}

function meanOfNumbers(values: readonly number[]): number {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return numbers.reduce((total, value) => total + value, 0) / numbers.length;
}

function checkConfusion(confusion: ArrayLike<number>, labels: number): void {
  if (!(Number.isInteger(labels) && labels > 0) || confusion.length !== labels * labels) {
    throw new ProfileError(
      'INVALID_INPUT',
      `A confusion matrix of ${labels} labels has ${labels} × ${labels} counts; got ` +
        `${confusion.length}.`,
    );
  }
  const wrong = Array.from(confusion).find((count) => !(Number.isFinite(count) && count >= 0));
  if (wrong !== undefined)
    throw new ProfileError(
      'INVALID_INPUT',
      `Counts of a confusion matrix must be zero or above; got ${wrong}.`,
    );
}
