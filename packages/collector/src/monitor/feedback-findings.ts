import type { Facts } from '../alerts/facts.ts';
import type { Finding } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import type { ErrorRatios } from '../analysis/error-ratios.ts';
import { atLeast, atMost, estimateOf, shareOf } from '../analysis/estimate.ts';
import { labelledIn } from '../confusion.ts';
import { percent } from '../numbers.ts';
import type { Doubts } from './judging.ts';
import { isNear } from './judging.ts';
import { finding } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

/** Labelled predictions needed for a finding. */
const MIN_GROUND_TRUTHS = 200;

/**
 * Findings from feedback that need no calibration: whether the model beats a constant answer or a
 * guess, and whether its errors grew.
 */
export function feedbackFindings(
  counts: VersionCounts,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { comparison, past } = counts;
  return [
    ...guessingFindings(counts, doubts),
    ...worseThanMeanFindings(counts, rules, doubts),
    ...(comparison
      ? grownFindings(
          counts,
          '',
          comparison.errors,
          {
            words: `that of ${comparison.champion}, which runs beside it`,
            than: { version: comparison.champion },
          },
          rules,
          doubts,
        )
      : []),
    ...grownFindings(
      counts,
      'own past',
      past?.errors,
      { words: `that in ${past?.when ?? ''}`, than: { when: past?.when ?? '' } },
      rules,
      doubts,
    ),
  ];
}

/** A random guess is correct with probability 1 ÷ number of labels, whatever the true label. */
function guessingFindings(counts: VersionCounts, doubts: Doubts): Finding[] {
  const { fleet, model, version } = counts;
  const labels = fleet.total.labels.length;
  const groundTruths = labelledIn(fleet.total) * fleet.rawShare;
  if (labels < 2) return [];
  if (groundTruths < MIN_GROUND_TRUTHS) {
    doubts.tooLittle('accuracy', 'guessing');
    return [];
  }
  const recall = shareOf(
    estimateOf(
      fleet.groups.map(({ confusion }) => byGroundTruth(confusion, labels)),
      meanRecall,
    ),
    groundTruths,
  );
  const threshold = 1 / labels;
  const high = atMost(recall, groundTruths);
  if (high >= threshold) {
    if (recall.value < threshold) doubts.near('accuracy', 'guessing');
    return [];
  }
  return [
    finding(
      counts,
      'accuracy',
      'guessing',
      'page',
      {
        value: recall.value,
        low: atLeast(recall, groundTruths),
        high,
        threshold,
        unit: 'share',
      },
      `${model}@${version} is right less often than a guess: averaged over the true labels ` +
        `it is right in ${percent(recall.value)}, a guess among ${labels} labels in ` +
        `${percent(threshold)}.`,
      { effectiveN: Math.round(groundTruths) },
    ),
  ];
}

/**
 * For each true label, the number of correct predictions; then, for each true label, the number of
 * predictions.
 */
function byGroundTruth(confusion: ReadonlyMap<number, number>, labels: number): Float64Array {
  const sums = new Float64Array(labels * 2);
  for (const [cell, count] of confusion) {
    const [predicted, groundTruth] = [Math.floor(cell / labels), cell % labels];
    sums[labels + groundTruth] = (sums[labels + groundTruth] ?? 0) + count;
    if (predicted === groundTruth) sums[groundTruth] = (sums[groundTruth] ?? 0) + count;
  }
  return sums;
}

function meanRecall(sums: Float64Array): number {
  const labels = sums.length / 2;
  let [recalls, seen] = [0, 0];
  for (let i = 0; i < labels; i += 1) {
    const support = sums[labels + i] ?? 0;
    if (support === 0) continue;
    recalls += (sums[i] ?? 0) / support;
    seen += 1;
  }
  return seen === 0 ? 0 : recalls / seen;
}

/** R² is 0 for a model that always predicts the mean of the true values. */
function worseThanMeanFindings(
  counts: VersionCounts,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { fleet, model, version } = counts;
  const groundTruths = fleet.total.regression.count * fleet.rawShare;
  if (fleet.total.values.length === 0) return [];
  if (groundTruths < MIN_GROUND_TRUTHS) {
    doubts.tooLittle('regression-error', 'mean');
    return [];
  }
  const { r2: threshold } = rules['regression-error'].thresholds;
  const explained = estimateOf(
    fleet.groups.map(({ regression: { count, squaredError, truth, truthSquared } }) => [
      count,
      squaredError,
      truth,
      truthSquared,
    ]),
    ([n = 0, squares = 0, sum = 0, squared = 0]) => {
      const spread = squared - sum ** 2 / n;
      // If all true values are equal, there is no variance to explain.
      return spread > 1e-9 * squared ? Math.max(-MAX_R2, 1 - squares / spread) : 1;
    },
  );
  const high = explained.high ?? explained.value;
  if (high >= threshold) {
    if (explained.value < threshold) doubts.near('regression-error', 'mean');
    return [];
  }
  return [
    finding(
      counts,
      'regression-error',
      'mean',
      'page',
      {
        value: explained.value,
        low: explained.low ?? explained.value,
        high,
        threshold,
        unit: 'distance',
      },
      `${model}@${version} predicts worse than ` +
        `${threshold > 0 ? 'it should' : 'a constant, the mean of the true values, would'}: R² ` +
        `${explained.value.toFixed(2)}, expected at least ${threshold}.`,
      { effectiveN: Math.round(groundTruths) },
    ),
  ];
}

/** R² is capped at −MAX_R2; worse values are not distinguished. */
const MAX_R2 = 1e6;

function grownFindings(
  counts: VersionCounts,
  subject: string,
  errors: ErrorRatios | null | undefined,
  { words, than }: { readonly words: string; readonly than: NonNullable<Facts['than']> },
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { fleet, model, version } = counts;
  if (fleet.total.values.length === 0) return [];
  const { ratio: threshold } = rules['regression-error'].thresholds;
  if (!errors || errors.groundTruths * fleet.rawShare < MIN_GROUND_TRUTHS) {
    doubts.tooLittle('regression-error', subject);
    return [];
  }
  const ratios = [
    ['root mean squared error', errors.rmse],
    ['mean absolute error', errors.mae],
  ] as const;
  const found = ratios
    .filter(([, { value, low }]) => (low ?? value) >= threshold)
    .toSorted(([, a], [, b]) => b.value - a.value)[0];
  if (!found) {
    if (ratios.some(([, { value }]) => isNear(value, 1, threshold)))
      doubts.near('regression-error', subject);
    return [];
  }
  const [name, { value, low, high }] = found;
  return [
    finding(
      counts,
      'regression-error',
      subject,
      'page',
      { value, low: low ?? value, high: high ?? value, threshold, unit: 'ratio' },
      `The ${name} of ${model}@${version} is ${value.toFixed(2)} times ${words}.`,
      { effectiveN: Math.round(errors.groundTruths * fleet.rawShare), facts: { usual: 1, than } },
    ),
  ];
}
