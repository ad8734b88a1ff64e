import type { FeatureReference, Profile } from '@perigee/profile';
import type { Finding } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { atLeast, atMost, rateOf } from '../analysis/estimate.ts';
import { qualityRules } from '../analysis/quality.ts';
import { isNear, MIN_EFFECTIVE } from './judging.ts';
import type { Doubts } from './judging.ts';
import { finding, percent } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

/** Findings on missing values, unknown words and values out of range. */
export function qualityFindings(
  counts: VersionCounts,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  return (counts.reference?.profile.features ?? []).flatMap((feature, index) =>
    featureFindings(counts, feature, index, rules, doubts),
  );
}

function featureFindings(
  counts: VersionCounts,
  reference: FeatureReference,
  index: number,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { model, version } = counts;
  const { groups, rawShare } = counts.fleet;
  const { name } = reference;
  const whole = (one: Profile): number => {
    const feature = one.features[index];
    return feature
      ? feature.bins.reduce((sum, count) => sum + count, 0) + feature.missing + feature.invalid
      : 0;
  };
  // Missing and invalid values count as observations here.
  const effectiveN = groups.reduce((sum, group) => sum + whole(group), 0) * rawShare;
  return qualityRules(reference, rules).flatMap(
    ({ rule, usual, threshold, part, words }): Finding[] => {
      const estimate = rateOf(
        groups,
        (one) => (one.features[index] ? part(one.features[index]) : 0),
        whole,
        rawShare,
      );
      if (!estimate || effectiveN < MIN_EFFECTIVE) {
        doubts.tooLittle(rule, name);
        return [];
      }
      // The lower end of the interval must exceed the threshold as well, so that a few devices
      // cannot cause a finding.
      if (atLeast(estimate, effectiveN) < threshold) {
        const mayHold = atMost(estimate, effectiveN) >= threshold;
        if (mayHold || isNear(estimate.value, usual, threshold)) doubts.near(rule, name);
        return [];
      }
      return [
        finding(
          counts,
          rule,
          name,
          'ticket',
          {
            value: estimate.value,
            low: atLeast(estimate, effectiveN),
            high: estimate.high ?? estimate.value,
            threshold,
            unit: 'share',
          },
          `${percent(estimate.value)} of the values of ${name} in ${model}@${version} ${words}.`,
          { effectiveN, facts: { usual } },
        ),
      ];
    },
  );
}
