import type { Profile, ReferenceProfile } from '@perigee/profile';
import { stepOf } from '@perigee/profile';
import {
  classificationMetrics,
  estimateAccuracy,
  estimateConfidence,
  imbalancedMetrics,
  regressionMetrics,
} from '@perigee/profile/analysis';
import type { LabelMetrics, RareLabel } from '@perigee/profile/analysis';
import type { Estimate } from '../api.ts';
import type { ClassificationReport, PerformanceAnswer, RegressionReport } from '../api-quality.ts';
import { estimateOf, rateOf, rootMeanSquareOf, shareOf } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { correctIn, labelledIn } from '../confusion.ts';
import { finite, sum } from '../sum.ts';

const MAX_CONFUSION_LABELS = 30;

export type EstimatedPerformance = Omit<
  NonNullable<PerformanceAnswer['estimated']>,
  'drifted' | 'unjudged'
>;

/** Performance from feedback; null without feedback. */
export function measuredPerformance(
  fleet: Fleet,
  reference: ReferenceProfile,
): ClassificationReport | RegressionReport | null {
  if (fleet.total.regression.count > 0 && reference.value)
    return regressionReport(fleet, reference.value);
  return fleet.total.confusion.size > 0 && reference.output
    ? classificationReport(fleet, reference.output.labels)
    : null;
}

/**
 * Performance estimated from confidence, valid while equal inputs have equal true answers; null
 * without a calibration.
 */
export function estimatedPerformance(
  { groups, total, rawShare }: Fleet,
  { output }: ReferenceProfile,
): EstimatedPerformance | null {
  const count = sum(total.scores);
  if (!output?.calibration || count === 0) return null;
  const { probabilities, accuracy } = output.calibration;
  const { logLoss, logLossAtLeast, auc } = estimateConfidence(
    total.scores,
    probabilities,
    output.labels.length,
  );
  const found = estimateOf(
    groups.map(({ scores }) => scores),
    (scores) => estimateAccuracy(scores, probabilities).accuracy,
  );
  return {
    // An estimate is no more certain than a measurement of as many predictions.
    accuracy: shareOf(found, count * rawShare),
    referenceAccuracy: accuracy,
    count,
    logLoss: { value: finite(logLoss), atLeast: logLossAtLeast },
    confidenceAuc: finite(auc),
  };
}

/** Share of labelled predictions that are correct; null without labels. */
export function accuracyOf(groups: readonly Profile[], rawShare = 1): Estimate | null {
  return rateOf(groups, correctIn, labelledIn, rawShare);
}

function classificationReport(
  { groups, total, rawShare }: Fleet,
  labels: readonly string[],
): ClassificationReport | null {
  const dense = denseOf(total, labels.length);
  const { count, perLabel, macro } = classificationMetrics(dense, labels.length);
  const rare = imbalancedMetrics(dense, labels.length);
  const accuracy = accuracyOf(groups, rawShare);
  if (!accuracy) return null;
  return {
    kind: 'classification',
    count,
    accuracy,
    precision: finite(macro.precision),
    recall: finite(macro.recall),
    f1: finite(macro.f1),
    balancedAccuracy: balancedAccuracyOf(
      groups,
      labels.length,
      rare.balancedAccuracy,
      supportOf(perLabel) * rawShare,
    ),
    mcc: finite(rare.mcc),
    labels: perLabel.map((one, i) => labelReport(labels[i] ?? String(i), one, rare.perLabel[i])),
    confusion:
      labels.length > MAX_CONFUSION_LABELS
        ? null
        : labels.map((_, row) => [
            ...dense.subarray(row * labels.length, (row + 1) * labels.length),
          ]),
  };
}

function labelReport(
  label: string,
  { precision, recall, f1, support }: LabelMetrics,
  rare: RareLabel | undefined,
): ClassificationReport['labels'][number] {
  const { specificity = Number.NaN, auc } = rare ?? {};
  return {
    label,
    precision: finite(precision),
    recall: finite(recall),
    f1: finite(f1),
    specificity: finite(specificity),
    auc: auc && Number.isFinite(auc.estimate) ? auc : null,
    support,
  };
}

/**
 * The number of observations of one share that would be as certain as the mean recall of these
 * labels: the variance of a mean of K shares is Σ p(1 − p)/nᵢ ÷ K², so n is K² ÷ Σ 1/nᵢ.
 */
function supportOf(perLabel: readonly LabelMetrics[]): number {
  const supports = perLabel.map(({ support }) => support).filter((support) => support > 0);
  return supports.length ** 2 / supports.reduce((all, support) => all + 1 / support, 0);
}

/**
 * Has an interval only if there are few enough labels to count the confusion matrix of each group.
 * @param n observations of a share that would be as certain
 */
function balancedAccuracyOf(
  groups: Fleet['groups'],
  labels: number,
  value: number,
  n: number,
): Estimate {
  if (labels > MAX_CONFUSION_LABELS) return { value, low: null, high: null };
  const { low, high } = estimateOf(
    groups.map((group) => denseOf(group, labels)),
    (counts) => classificationMetrics(counts, labels).macro.recall,
  );
  return shareOf({ value, low, high }, n);
}

function denseOf({ confusion }: Profile, labels: number): Float64Array {
  const dense = new Float64Array(labels ** 2);
  for (const [cell, count] of confusion) dense[cell] = count;
  return dense;
}

function regressionReport(
  fleet: Fleet,
  value: NonNullable<ReferenceProfile['value']>,
): RegressionReport {
  const { total } = fleet;
  const step = stepOf(value);
  const { count, over, under, squaredError, truth, truthSquared } = total.regression;
  const { bias, mae, mse, r2 } = regressionMetrics({
    n: count,
    error: over - under,
    absoluteError: over + under,
    squaredError,
    truth,
    truthSquared,
  });
  return {
    kind: 'regression',
    count,
    unit: value.unit ?? null,
    bias: bias * step,
    mae: mae * step,
    mse: mse * step * step,
    rmse: rmseEstimate(fleet, step),
    r2: finite(r2),
  };
}

/** Root mean squared error in the model's unit; null without feedback. */
export function rmseOf(fleet: Fleet, { value }: ReferenceProfile): Estimate | null {
  return value && fleet.total.regression.count > 0 ? rmseEstimate(fleet, stepOf(value)) : null;
}

function rmseEstimate({ groups, total, rawShare }: Fleet, step: number): Estimate {
  const found = estimateOf(
    groups.map(({ regression }) => [regression.count, regression.squaredError]),
    ([n = 0, squares = 0]) => Math.sqrt(squares / n) * step,
  );
  return rootMeanSquareOf(found, total.regression.count * rawShare);
}
