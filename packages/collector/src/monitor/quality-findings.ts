import type { Finding } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { judgeQuality } from '../analysis/quality.ts';
import type { JudgedQuality } from '../analysis/quality.ts';
import { percent } from '../numbers.ts';
import { isNear } from './judging.ts';
import type { Doubts } from './judging.ts';
import { finding } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

/** Findings on missing values, unknown words and values out of range. */
export function qualityFindings(
  counts: VersionCounts,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { fleet, reference } = counts;
  const judged = reference ? judgeQuality(fleet, reference.profile, rules) : [];
  return judged.flatMap((one) => findingOf(counts, one, doubts));
}

function findingOf(counts: VersionCounts, judged: JudgedQuality, doubts: Doubts): Finding[] {
  const { model, version } = counts;
  const { rule, feature, value, low, high, usual, threshold, verdict, words } = judged;
  if (!value || verdict === 'too-little-data') {
    doubts.tooLittle(rule, feature);
    return [];
  }
  if (verdict !== 'problem') {
    if (high >= threshold || isNear(value.value, usual, threshold)) doubts.near(rule, feature);
    return [];
  }
  return [
    finding(
      counts,
      rule,
      feature,
      'ticket',
      { value: value.value, low, high, threshold, unit: 'share' },
      `${percent(value.value)} of the values of ${feature} in ${model}@${version} ${words}.`,
      { effectiveN: judged.effectiveN, facts: { usual } },
    ),
  ];
}
