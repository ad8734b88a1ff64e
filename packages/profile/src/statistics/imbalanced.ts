import { ProfileError } from '../error.ts';
import { classificationMetrics } from './performance.ts';
import { sum } from './shares.ts';

/** A figure that the counts leave open: between these two, whatever was not counted. */
export interface Bounded {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Of one label against all others. NaN where one of the sides has no rows. */
export interface RareLabel {
  /** Share of the rows with another truth that were not given this label. */
  readonly specificity: number;
  /**
   * Area under the ROC curve, of which a confusion matrix has one point: recall t at a false
   * positive rate f. The estimate goes straight from corner to point to corner, (1 + t − f)/2. Any
   * ranking through this point has an area from t (1 − f) to 1 − f (1 − t).
   */
  readonly auc: Bounded;
}

/** Figures that a frequent label does not drown, from counted predictions. */
export interface ImbalancedMetrics {
  /**
   * Mean recall of the labels that have support: 1/labels for a model that always says the same.
   */
  readonly balancedAccuracy: number;
  /**
   * Matthews' correlation of predictions and truths (Gorodkin's, of several labels): 0 for a guess.
   */
  readonly mcc: number;
  readonly perLabel: readonly RareLabel[];
}

/**
 * @param confusion row-major counts, row = predicted, column = true label
 * @param labels how many there are
 */
export function imbalancedMetrics(confusion: ArrayLike<number>, labels: number): ImbalancedMetrics {
  const { perLabel, macro, count, accuracy } = classificationMetrics(confusion, labels);
  const predicted = perLabel.map((_, label) => {
    return sum(perLabel.map((_truth, truth) => confusion[label * labels + truth] ?? 0));
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
 * What confidence says of log-loss, and how well it ranks right answers above wrong ones. NaN
 * without rows.
 */
export interface ConfidenceEstimate {
  /**
   * Mean −ln of the probability given to the true label. Of two labels known: 1 − score was given
   * to the other one. Of more, NaN: what a wrong answer gave to the true label is in no count.
   */
  readonly logLoss: number;
  /**
   * The least it can be, of two labels or more: the entropy of the calibration (Gibbs' inequality).
   */
  readonly logLossAtLeast: number;
  /** Chance that a right answer has a higher score than a wrong one; ties count half. */
  readonly auc: number;
}

/**
 * Right as long as what a score means has not changed, as `estimateAccuracy()` is. A score is taken
 * as the middle of its bin.
 * @param scoreCounts rows by bin of the top-1 confidence
 * @param probabilities of `fitCalibration()`, on the same bins
 * @param labels how many there are
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

/** p ln p, which is nought at nought. */
function logOf(p: number): number {
  return p > 0 ? p * Math.log(p) : 0;
}
