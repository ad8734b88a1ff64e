import { ProfileError } from '../error.ts';
import { classificationMetrics } from './performance.ts';
import { sum } from './shares.ts';

/** A figure that the counts do not determine: an estimate, and bounds that always hold. */
export interface Bounded {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Figures of one label against all others. NaN if one of the two sides has no rows. */
export interface RareLabel {
  /** Share of the rows with another true label that were not predicted as this label. */
  readonly specificity: number;
  /**
   * Area under the ROC curve. A confusion matrix gives one point of the curve: recall t at the
   * false positive rate f. The estimate connects corner, point and corner by straight lines: (1 + t
   * − f)/2. Any ranking through this point has an area from t (1 − f) to 1 − f (1 − t).
   */
  readonly auc: Bounded;
}

/** Figures that a frequent label does not dominate, from counted predictions. */
export interface ImbalancedMetrics {
  /**
   * Mean recall of the labels with support: 1/labels for a model that always predicts the same
   * label.
   */
  readonly balancedAccuracy: number;
  /**
   * Matthews correlation coefficient of predicted and true labels, generalised to several labels
   * (J. Gorodkin 2004): 0 for a random guess.
   */
  readonly mcc: number;
  readonly perLabel: readonly RareLabel[];
}

/**
 * Metrics for imbalanced labels.
 * @param confusion row-major counts, row = predicted label, column = true label
 * @param labels number of labels
 * @throws ProfileError INVALID_INPUT for a matrix that is not labels × labels, or negative counts
 * @example
 * ```ts
 * imbalancedMetrics([90, 5, 0, 5], 2).balancedAccuracy; // 0.75
 * ```
 */
export function imbalancedMetrics(confusion: ArrayLike<number>, labels: number): ImbalancedMetrics {
  const { perLabel, macro, count, accuracy } = classificationMetrics(confusion, labels);
  const predicted = perLabel.map((_, label) => {
    return sum(perLabel.map((_truth, groundTruth) => confusion[label * labels + groundTruth] ?? 0));
  });
  const right = accuracy * count;
  const products = sum(perLabel.map(({ support }, label) => support * (predicted[label] ?? 0)));
  const spread = (rows: readonly number[]): number => count * count - sum(rows.map((n) => n * n));
  const both = spread(predicted) * spread(perLabel.map(({ support }) => support));
  return {
    balancedAccuracy: macro.recall,
    mcc: both > 0 ? (right * count - products) / Math.sqrt(both) : Number.NaN,
    perLabel: perLabel.map(({ support, recall }, label) => {
      const others = count - support;
      const falsePositives = (predicted[label] ?? 0) - (confusion[label * labels + label] ?? 0);
      const [t, f] = [recall, falsePositives / others];
      const auc = { estimate: (1 + t - f) / 2, low: t * (1 - f), high: 1 - f * (1 - t) };
      return { specificity: 1 - f, auc };
    }),
  };
}

/**
 * Estimates from confidence alone: log-loss, and how well confidence ranks right predictions above
 * wrong ones. NaN without rows.
 */
export interface ConfidenceEstimate {
  /**
   * Mean −ln of the probability of the true label. With two labels it is known: the other label has
   * the probability 1 − score. With more it is NaN, because no count says what a wrong prediction
   * gave to the true label.
   */
  readonly logLoss: number;
  /**
   * Lower bound of the log-loss for any number of labels: the entropy of the calibration (Gibbs'
   * inequality).
   */
  readonly logLossAtLeast: number;
  /** Probability that a right prediction has a higher score than a wrong one; ties count half. */
  readonly auc: number;
}

/**
 * Estimates log-loss and ranking without feedback. Like `estimateAccuracy()`, it is valid as long
 * as the meaning of a score has not changed. Each score counts as the middle of its bin.
 * @param scoreCounts rows by bin of the top-1 confidence
 * @param probabilities of `fitCalibration()`, on the same bins
 * @param labels number of labels
 * @throws ProfileError INVALID_INPUT for different numbers of bins
 * @example
 * ```ts
 * const { logLoss, auc } = estimateConfidence(profile.scores, calibration.probabilities, 10);
 * ```
 */
export function estimateConfidence(
  scoreCounts: ArrayLike<number>,
  probabilities: readonly number[],
  labels: number,
): ConfidenceEstimate {
  const bins = probabilities.length;
  if (scoreCounts.length !== bins) {
    const counted = `Scores are counted in ${scoreCounts.length} bins`;
    const message = `${counted}, the calibration has ${bins}; fit it with as many.`;
    throw new ProfileError('INVALID_INPUT', message);
  }
  const count = sum(scoreCounts);
  let [loss, entropy, rightAbove, area] = [0, 0, 0, 0];
  for (let bin = bins - 1; bin >= 0; bin -= 1) {
    const [rows, p, score] = [scoreCounts[bin] ?? 0, probabilities[bin] ?? 0, (bin + 0.5) / bins];
    loss -= rows * (p * Math.log(score) + (1 - p) * Math.log(1 - score));
    entropy -= rows * (logOf(p) + logOf(1 - p));
    area += rows * (1 - p) * (rightAbove + (rows * p) / 2);
    rightAbove += rows * p;
  }
  return {
    logLoss: labels === 2 ? loss / count : Number.NaN,
    logLossAtLeast: entropy / count,
    auc: area / (rightAbove * (count - rightAbove)),
  };
}

/** p ln p, which is 0 at p = 0. */
function logOf(p: number): number {
  return p > 0 ? p * Math.log(p) : 0;
}
