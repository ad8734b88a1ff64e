import type { Finding } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { atLeast, atMost, rateOf } from '../analysis/estimate.ts';
import { percent } from '../numbers.ts';
import { isNear } from './judging.ts';
import type { Doubts } from './judging.ts';
import { finding } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

const MIN_TRIALS = 20;

/**
 * Golden samples need no comparison with another version: wrong results on so many devices are a
 * finding by themselves.
 */
export function goldenFindings(
  counts: VersionCounts,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { model, version, fleet } = counts;
  const failures = rateOf(
    fleet.groups,
    ({ golden }) => golden.failed,
    ({ golden }) => golden.passed + golden.failed,
    fleet.rawShare,
  );
  const { share: threshold } = rules['golden-failures'].thresholds;
  const trials = (fleet.total.golden.passed + fleet.total.golden.failed) * fleet.rawShare;
  if (!failures || trials < MIN_TRIALS) {
    doubts.tooLittle('golden-failures', '');
    return [];
  }
  if (atLeast(failures, trials) < threshold) {
    if (isNear(failures.value, 0, threshold)) doubts.near('golden-failures', '');
    return [];
  }
  return [
    finding(
      counts,
      'golden-failures',
      '',
      'page',
      {
        value: failures.value,
        low: atLeast(failures, trials),
        high: atMost(failures, trials),
        threshold,
        unit: 'share',
      },
      `The golden samples of ${model}@${version} fail on ${percent(failures.value)} of the ` +
        'devices that tried them.',
      { effectiveN: Math.round(trials) },
    ),
  ];
}
