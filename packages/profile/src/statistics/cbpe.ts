import { ProfileError } from '../error.ts';
import { sum } from './shares.ts';

/** Estimated accuracy of rows without a known ground truth. */
export interface AccuracyEstimate {
  readonly accuracy: number;
  /**
   * Standard error of the share if the rows are independent. If rows of a device are dependent, the
   * true error is larger by the square root of the design effect.
   */
  readonly standardError: number;
  readonly count: number;
}

/**
 * Confidence-based performance estimation: Σ hₖ gₖ / n with hₖ rows and gₖ = P(correct) in bin k
 * (J. Białek et al., 2023). Valid as long as the meaning of a score has not changed. That holds if
 * the inputs shifted, but not if the same inputs now have other answers. NaN without rows.
 * @param scoreCounts rows by bin of the top-1 confidence
 * @param probabilities of `fitCalibration()`, on the same bins
 * @throws ProfileError INVALID_INPUT for different numbers of bins, negative counts, or
 * probabilities outside [0, 1]
 * @example
 * ```ts
 * const { accuracy, standardError } = estimateAccuracy(profile.scores, calibration.probabilities);
 * ```
 */
export function estimateAccuracy(
  scoreCounts: ArrayLike<number>,
  probabilities: readonly number[],
): AccuracyEstimate {
  checkBins(scoreCounts, probabilities);
  const count = sum(scoreCounts);
  const accuracy =
    probabilities.reduce(
      (total, probability, k) => total + (scoreCounts[k] ?? 0) * probability,
      0,
    ) / count;
  return {
    accuracy,
    standardError: Math.sqrt(Math.max(0, accuracy * (1 - accuracy)) / count),
    count,
  };
}

/** Estimates for a positive and a negative label. NaN where the denominator is zero. */
export interface BinaryEstimate {
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly specificity: number;
  /** Area under the ROC curve, by trapezoids from bin to bin. */
  readonly auroc: number;
}

/**
 * Confidence-based performance estimation for two labels: bin k has hₖ gₖ positives and hₖ (1 − gₖ)
 * negatives. Rows are predicted positive from the threshold's bin on.
 * @param scoreCounts rows by bin of the probability of the positive label
 * @param probabilities of `fitCalibration()`, with `correct` true where the label was positive
 * @param thresholdBin first bin that is predicted positive; the threshold must be its lower edge
 * @throws ProfileError INVALID_INPUT as `estimateAccuracy()` does, and for a bin out of range
 * @example
 * ```ts
 * estimateBinaryMetrics([10, 10, 10], [0.1, 0.5, 0.8], 1).precision; // 0.65
 * ```
 */
export function estimateBinaryMetrics(
  scoreCounts: ArrayLike<number>,
  probabilities: readonly number[],
  thresholdBin: number,
): BinaryEstimate {
  checkBins(scoreCounts, probabilities);
  if (
    !(Number.isInteger(thresholdBin) && thresholdBin >= 0 && thresholdBin <= probabilities.length)
  ) {
    throw new ProfileError(
      'INVALID_INPUT',
      `The threshold's bin must be a whole number from 0 to ${probabilities.length}; got ` +
        `${thresholdBin}.`,
    );
  }
  const positives = probabilities.map((probability, k) => (scoreCounts[k] ?? 0) * probability);
  const negatives = positives.map((positive, k) => (scoreCounts[k] ?? 0) - positive);
  const [falseNegative, truePositive] = [
    sum(positives.slice(0, thresholdBin)),
    sum(positives.slice(thresholdBin)),
  ];
  const [trueNegative, falsePositive] = [
    sum(negatives.slice(0, thresholdBin)),
    sum(negatives.slice(thresholdBin)),
  ];
  return {
    accuracy:
      (truePositive + trueNegative) / (truePositive + trueNegative + falsePositive + falseNegative),
    precision: truePositive / (truePositive + falsePositive),
    recall: truePositive / (truePositive + falseNegative),
    f1: truePositive / (truePositive + (falsePositive + falseNegative) / 2),
    specificity: trueNegative / (trueNegative + falsePositive),
    auroc: areaUnderCurve(positives, negatives),
  };
}

/**
 * Area under the ROC curve. From the highest score down, it compares the negatives of each bin with
 * the positives above and half of the bin's own.
 */
function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number {
  let [above, area] = [0, 0];
  for (let k = positives.length - 1; k >= 0; k -= 1) {
    const [positive, negative] = [positives[k] ?? 0, negatives[k] ?? 0];
    area += negative * (above + positive / 2);
    above += positive;
  }
  return area / (above * sum(negatives));
}

function checkBins(scoreCounts: ArrayLike<number>, probabilities: readonly number[]): void {
  if (scoreCounts.length !== probabilities.length) {
    throw new ProfileError(
      'INVALID_INPUT',
      `Scores are counted in ${scoreCounts.length} bins, the calibration has ` +
        `${probabilities.length}; fit it with as many.`,
    );
  }
  const badCount = Array.from(scoreCounts).find((count) => !(Number.isFinite(count) && count >= 0));
  if (badCount !== undefined)
    throw new ProfileError(
      'INVALID_INPUT',
      `Counts of scores must be zero or above; got ${badCount}.`,
    );
  const bad = probabilities.find((probability) => !(probability >= 0 && probability <= 1));
  if (bad !== undefined)
    throw new ProfileError('INVALID_INPUT', `A probability must be from 0 to 1; got ${bad}.`);
}
