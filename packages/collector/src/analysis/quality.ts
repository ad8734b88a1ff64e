import type { FeatureReference, Profile, ReferenceProfile } from '@perigee/profile';
import { chiSquareUpperQuantile } from '@perigee/profile/analysis';
import type { Rules } from '../alerts/rules.ts';
import type { Thresholds } from '../alerts/thresholds.ts';
import type { QualityCheck } from '../api-quality.ts';
import { percent } from '../numbers.ts';
import { rate, sum } from '../sum.ts';
import { atLeast, atMost, MIN_EFFECTIVE, rateOf, wilson } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { unseenRows } from './vocabulary.ts';

/**
 * The reference is a sample. One in a thousand references understates a share by this many standard
 * deviations.
 */
const DEVIATIONS = 3.09;
/**
 * Share of references for which more than the threshold lies outside the range of their rows by
 * chance.
 */
const BEYOND_RANGE = 0.01;

/**
 * A rule on the quality of one feature: what it counts, and the share from which that is a finding.
 */
export interface QualityRule {
  readonly rule: QualityCheck['rule'];
  /** The share without a problem. */
  readonly usual: number;
  readonly threshold: number;
  part(counts: Profile['features'][number]): number;
  readonly words: string;
}

/** A rule applied to a fleet. `low` and `high` are the interval that decides. */
export interface JudgedQuality extends QualityCheck {
  readonly low: number;
  readonly high: number;
  /** Observations behind the share. Missing and invalid values count. */
  readonly effectiveN: number;
  readonly words: string;
}

/**
 * Applies the rules on quality to every feature. This is the only place that decides their
 * verdicts: pages and alerts show them.
 */
export function judgeQuality(
  fleet: Fleet,
  { features }: ReferenceProfile,
  rules: Rules['rules'],
): JudgedQuality[] {
  return features.flatMap((feature, index) =>
    qualityRules(feature, rules).map((rule) => judgeRule(fleet, feature.name, index, rule)),
  );
}

function judgeRule(
  { groups, rawShare }: Fleet,
  feature: string,
  index: number,
  { rule, usual, threshold, part, words }: QualityRule,
): JudgedQuality {
  const whole = (one: Profile): number => {
    const counts = one.features[index];
    return counts ? sum(counts.bins) + counts.missing + counts.invalid : 0;
  };
  const effectiveN = groups.reduce((all, group) => all + whole(group), 0) * rawShare;
  const value = rateOf(
    groups,
    (one) => (one.features[index] ? part(one.features[index]) : 0),
    whole,
    rawShare,
  );
  const known = { feature, rule, usual, threshold, effectiveN, words };
  if (!value || effectiveN < MIN_EFFECTIVE) {
    const counted = Math.floor(effectiveN);
    const shortfall = { of: 'observations', counted, needed: MIN_EFFECTIVE } as const;
    return { ...known, value, low: 0, high: 1, verdict: 'too-little-data', shortfall };
  }
  // The lower end of the interval must exceed the threshold as well, so that a few devices cannot
  // cause a problem.
  const [low, high] = [atLeast(value, effectiveN), atMost(value, effectiveN)];
  const verdict = low >= threshold ? 'problem' : value.value >= threshold ? 'unsure' : 'fine';
  return { ...known, value, low, high, verdict, shortfall: null };
}

/**
 * The rules on missing values, unknown words and values out of range. Each threshold is the maximum
 * of the rule's own and of what the reference's sampling error can explain without any change.
 */
export function qualityRules(reference: FeatureReference, rules: Rules['rules']): QualityRule[] {
  // A share that is already 1 cannot grow.
  return allRules(reference, rules).filter(({ threshold }) => threshold < 1);
}

function allRules(reference: FeatureReference, rules: Rules['rules']): QualityRule[] {
  const values = sum(reference.counts);
  const rows = values + reference.missing;
  const missing = rate(reference.missing, rows);
  const ofMissing: QualityRule = {
    rule: 'missing-values',
    usual: missing,
    threshold: Math.max(
      missingThreshold(missing, rules['missing-values'].thresholds),
      mostBy(reference.missing, rows),
    ),
    part: (counts) => counts.missing + counts.invalid,
    words: `are missing or not a number; in the reference ${percent(missing)} are`,
  };
  if (reference.kind === 'numeric') {
    const { share } = rules['out-of-range'].thresholds;
    return [
      ofMissing,
      {
        rule: 'out-of-range',
        usual: 2 / (values + 1),
        threshold: outOfRangeThreshold(share, values),
        part: ({ below, above }) => below + above,
        words: 'are outside the range of the reference',
      },
    ];
  }
  const unseen = unseenRows(reference);
  const usual = rate(unseen, rows);
  return [
    ofMissing,
    {
      rule: 'new-category',
      usual,
      threshold: Math.max(usual + rules['new-category'].thresholds.share, mostBy(unseen, rows)),
      part: ({ bins }) => bins.at(-1) ?? 0,
      words: 'are words that the reference does not have',
    },
  ];
}

/**
 * The missing share must grow by a factor of `ratio`. Where that exceeds what is possible, the
 * share of present values must shrink by the same factor instead.
 */
function missingThreshold(missing: number, limits: Thresholds<'missing-values'>): number {
  const { increase, ratio } = limits;
  const shrunk = missing + (1 - missing) * (1 - 1 / Math.max(1, ratio));
  const grown = Math.min(missing * ratio, shrunk);
  return Math.max(missing + Math.min(increase, (1 - missing) / 2), grown);
}

/**
 * Upper limit of the Wilson interval: the largest true share for which k of n rows is an ordinary
 * sample.
 */
function mostBy(k: number, n: number): number {
  return wilson(k / n, n, DEVIATIONS).high;
}

/**
 * The next row after m rows lies outside their range with probability 2/(m + 1) on average. For a
 * single reference this probability is distributed approximately as χ²₄/2m.
 */
function outOfRangeThreshold(share: number, rows: number): number {
  return Math.max(
    share + 2 / (rows + 1),
    chiSquareUpperQuantile(BEYOND_RANGE, 4) / (2 * (rows + 1)),
  );
}
