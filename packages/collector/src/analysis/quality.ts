import type { FeatureReference, Profile } from '@perigee/profile';
import { chiSquareQuantile } from '@perigee/profile/analysis';
import type { RuleName } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import type { Thresholds } from '../alerts/thresholds.ts';
import { rate, sum } from '../sum.ts';
import { unseenRows } from './vocabulary.ts';

/**
 * A reference is a sample: in one of a thousand a share is so many standard deviations too small.
 */
const DEVIATIONS = 3.09;
/**
 * In one of a hundred references more than the threshold lies beyond the smallest and largest row.
 */
const BEYOND_RANGE = 0.01;

/** What a rule on the quality of one feature counts, and the share from which that is wrong. */
export interface QualityRule {
  readonly rule: Extract<RuleName, 'missing-values' | 'new-category' | 'out-of-range'>;
  /** The share there is while nothing is wrong. */
  readonly usual: number;
  readonly threshold: number;
  part(counts: Profile['features'][number]): number;
  readonly words: string;
}

/**
 * The rules on missing values, unknown words and values out of range. Each threshold is the rule's
 * own, or what the reference could say by chance while nothing has changed, whichever is larger.
 */
export function qualityRules(reference: FeatureReference, rules: Rules['rules']): QualityRule[] {
  // What was all there was already cannot grow.
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
    words: `is missing or no number; it was ${(missing * 100).toFixed(1)} %`,
  };
  if (reference.kind === 'numeric') {
    const { share } = rules['out-of-range'].thresholds;
    return [ofMissing, {
      rule: 'out-of-range',
      usual: 2 / (values + 1),
      threshold: outOfRangeThreshold(share, values),
      part: ({ below, above }) => below + above,
      words: 'is outside of what the reference has',
    }];
  }
  const unseen = unseenRows(reference);
  const usual = rate(unseen, rows);
  return [ofMissing, {
    rule: 'new-category',
    usual,
    threshold: Math.max(usual + rules['new-category'].thresholds.share, mostBy(unseen, rows)),
    part: ({ bins }) => bins.at(-1) ?? 0,
    words: 'is in no category of the reference',
  }];
}

/**
 * The missing grew to so many times, or, where that is more than there can be, the values shrank as
 * much.
 */
function missingThreshold(missing: number, limits: Thresholds<'missing-values'>): number {
  const { increase, ratio } = limits;
  const shrunk = missing + (1 - missing) * (1 - 1 / Math.max(1, ratio));
  const grown = Math.min(missing * ratio, shrunk);
  return Math.max(missing + Math.min(increase, (1 - missing) / 2), grown);
}

/** The largest share that k of n rows are an ordinary sample of: Wilson's upper limit. */
function mostBy(k: number, n: number): number {
  if (n === 0) return 1;
  const [share, z2] = [k / n, DEVIATIONS ** 2];
  const margin = DEVIATIONS * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return (share + z2 / (2 * n) + margin) / (1 + z2 / n);
}

/**
 * The row after m rows is smaller or larger than all of them with a chance of 2/(m + 1) on average;
 * in one reference this is about χ²₄/2m.
 */
function outOfRangeThreshold(share: number, rows: number): number {
  return Math.max(share + 2 / (rows + 1), chiSquareQuantile(BEYOND_RANGE, 4) / (2 * (rows + 1)));
}
