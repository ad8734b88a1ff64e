import type { FeatureCounts, FeatureReference, Profile, ReferenceProfile } from '@perigee/profile';
import { SCORE_BINS } from '@perigee/profile';
import type { FeatureDrift } from '../api-quality.ts';
import { rate, sum } from '../sum.ts';
import { numericLabels } from './bin-labels.ts';
import type { DriftThresholds } from './drift.ts';
import type { Fleet } from './fleet.ts';
import { expectedCounts } from './vocabulary.ts';

/**
 * Score bins are merged into ten groups for the comparison: 100 bins need more observations than a
 * day has.
 */
const SCORE_GROUPS = 10;
const NO_QUALITY = {
  missingRate: 0,
  referenceMissingRate: 0,
  invalidRate: 0,
  outOfRangeRate: 0,
  otherRate: 0,
  referenceOtherRate: 0,
};

/** The histogram of one feature or output, beside the baseline it is compared with. */
export interface ComparedCounts {
  readonly name: string;
  readonly kind: FeatureDrift['kind'];
  readonly labels: readonly string[];
  readonly threshold: number;
  /** Counts of the baseline by bin. */
  readonly base: ArrayLike<number>;
  /** Counts of each device group by bin. */
  readonly groups: readonly ArrayLike<number>[];
  readonly quality: FeatureDrift['quality'];
}

/**
 * The histograms of every input, in the reference's order.
 * @param base baseline counts to use instead of the reference
 */
export function inputCounts(
  fleet: Fleet,
  reference: ReferenceProfile,
  thresholds: DriftThresholds,
  base: Profile | undefined,
): ComparedCounts[] {
  return reference.features.map((feature, i) => ({
    name: feature.name,
    kind: feature.kind,
    labels:
      feature.kind === 'numeric' ? numericLabels(feature.edges) : [...feature.vocabulary, 'other'],
    threshold: thresholds[feature.kind],
    base: base?.features[i]?.bins ?? expectedCounts(feature),
    groups: fleet.groups.map(
      ({ features }) => features[i]?.bins ?? new Float64Array(feature.counts.length),
    ),
    quality: qualityOf(feature, fleet.total.features[i], base?.features[i]),
  }));
}

/** The histograms of the output: predicted label and top score, or predicted value. */
export function outputCounts(
  { groups }: Fleet,
  { output, value }: ReferenceProfile,
  thresholds: DriftThresholds,
  base: Profile | undefined,
): ComparedCounts[] {
  const compared: ComparedCounts[] = [];
  if (output && output.labels.length > 0) {
    const tenths = Array.from(
      { length: SCORE_GROUPS },
      (_, i) => `${(i / SCORE_GROUPS).toFixed(1)}–${((i + 1) / SCORE_GROUPS).toFixed(1)}`,
    );
    compared.push(
      {
        name: 'predicted label',
        kind: 'categorical',
        labels: output.labels,
        threshold: thresholds.labels,
        base: base?.labels ?? output.labelCounts,
        groups: groups.map(({ labels }) => labels),
        quality: NO_QUALITY,
      },
      {
        name: 'top score',
        kind: 'numeric',
        labels: tenths,
        threshold: thresholds.numeric,
        base: joined(base?.scores ?? output.scoreCounts),
        groups: groups.map(({ scores }) => joined(scores)),
        quality: NO_QUALITY,
      },
    );
  }
  if (value)
    compared.push({
      name: 'predicted value',
      kind: 'numeric',
      labels: numericLabels(value.edges),
      threshold: thresholds.numeric,
      base: base?.values ?? value.counts,
      groups: groups.map(({ values }) => values),
      quality: NO_QUALITY,
    });
  return compared;
}

function qualityOf(
  reference: FeatureReference,
  current: FeatureCounts | undefined,
  base: FeatureCounts | undefined,
): FeatureDrift['quality'] {
  const { bins = [], missing = 0, invalid = 0, below = 0, above = 0 } = current ?? {};
  const total = sum(bins) + missing + invalid;
  const before = base ?? {
    bins: expectedCounts(reference),
    missing: reference.missing,
    invalid: 0,
  };
  const beforeTotal = sum(before.bins) + before.missing + before.invalid;
  const other = (counts: ArrayLike<number>): number =>
    reference.kind === 'categorical' ? (counts[counts.length - 1] ?? 0) : 0;
  return {
    missingRate: rate(missing, total),
    referenceMissingRate: rate(before.missing, beforeTotal),
    invalidRate: rate(invalid, total),
    outOfRangeRate: rate(below + above, total),
    otherRate: rate(other(bins), total),
    referenceOtherRate: rate(other(before.bins), beforeTotal),
  };
}

function joined(scores: ArrayLike<number>): number[] {
  const groups = Array.from({ length: SCORE_GROUPS }, () => 0);
  for (let i = 0; i < SCORE_BINS; i += 1) {
    const group = Math.floor((i * SCORE_GROUPS) / SCORE_BINS);
    groups[group] = (groups[group] ?? 0) + (scores[i] ?? 0);
  }
  return groups;
}
