import type { ReferenceProfile } from '@perigee/profile';
import type { Finding } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { atLeast, atMost, MIN_EFFECTIVE } from '../analysis/estimate.ts';
import { accuracyOf } from '../analysis/performance.ts';
import type { EstimatedPerformance } from '../analysis/performance.ts';
import { labelledIn } from '../confusion.ts';
import { percent } from '../numbers.ts';
import { isNear } from './judging.ts';
import type { Doubts } from './judging.ts';
import { finding } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

type Calibration = NonNullable<NonNullable<ReferenceProfile['output']>['calibration']>;

/** Findings on measured and estimated accuracy, against that on the held-out rows. */
export function performanceFindings(
  counts: VersionCounts,
  estimated: EstimatedPerformance | null,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const calibration = counts.reference?.profile.output?.calibration;
  if (!calibration) return [];
  return [
    ...measuredFindings(counts, calibration, rules, doubts),
    ...estimatedFindings(counts, estimated, calibration, rules, doubts),
  ];
}

function measuredFindings(
  counts: VersionCounts,
  calibration: Calibration,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { fleet, model, version } = counts;
  const measured = accuracyOf(fleet.groups, fleet.rawShare);
  const labelled = labelledIn(fleet.total) * fleet.rawShare;
  if (!measured || labelled < MIN_EFFECTIVE) {
    doubts.tooLittle('accuracy', '');
    return [];
  }
  const threshold = calibration.accuracy - rules.accuracy.thresholds.drop;
  const high = atMost(measured, labelled);
  if (high > threshold) {
    if (isNear(measured.value, calibration.accuracy, threshold)) doubts.near('accuracy', '');
    return [];
  }
  return [
    finding(
      counts,
      'accuracy',
      '',
      'page',
      {
        value: measured.value,
        low: atLeast(measured, labelled),
        high,
        threshold,
        unit: 'share',
      },
      `${model}@${version} is right in ${percent(measured.value)} of the labelled predictions; ` +
        `on held-out rows it was right in ${percent(calibration.accuracy)}.`,
      { facts: { usual: calibration.accuracy } },
    ),
  ];
}

function estimatedFindings(
  counts: VersionCounts,
  estimated: EstimatedPerformance | null,
  calibration: Calibration,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { fleet, model, version } = counts;
  const effectiveN = (estimated?.count ?? 0) * fleet.rawShare;
  if (!estimated || effectiveN < MIN_EFFECTIVE) {
    doubts.tooLittle('estimated-accuracy', '');
    return [];
  }
  const { drop, standardErrors } = rules['estimated-accuracy'].thresholds;
  const threshold = calibration.accuracy - drop;
  const { value } = estimated.accuracy;
  const low = atLeast(estimated.accuracy, effectiveN);
  const high = atMost(estimated.accuracy, effectiveN);
  const error = (high - low) / 4;
  if (calibration.accuracy - value < Math.max(drop, standardErrors * error)) {
    if (isNear(value, calibration.accuracy, threshold)) doubts.near('estimated-accuracy', '');
    return [];
  }
  return [
    finding(
      counts,
      'estimated-accuracy',
      '',
      'ticket',
      { value, low, high, threshold, unit: 'share' },
      `Estimated from its scores, ${model}@${version} is right in ${percent(value)} of its ` +
        `predictions; on held-out rows it was right in ${percent(calibration.accuracy)}. The ` +
        'estimate holds only while the same inputs have the same answers.',
      { facts: { usual: calibration.accuracy } },
    ),
  ];
}
