import type { FeatureReference, Profile, ReferenceProfile } from '@perigee/profile';
import { SCORE_BINS } from '@perigee/profile';
import { chiSquareTwoSample, hellinger, jensenShannonDistance, kolmogorovSmirnov, noiseFloor, psi, shares, totalVariation, wassersteinQuantile } from '@perigee/profile/analysis';
import type { DriftAnswer, FeatureDrift } from '../api.ts';
import { numericLabels } from './bin-labels.ts';

/** Fewer observations than this say nothing: the noise floor alone is near the thresholds. */
const MIN_OBSERVATIONS = 200;
const THRESHOLDS = { numeric: 0.03, categorical: 0.1, labels: 0.05 } as const;
/** Score bins are joined by tens for the comparison: a hundred need more observations than a day has. */
const SCORE_GROUPS = 10;

/**
 * Every feature of a window against the reference. The verdict rests on one score with a meaning of its own (quantile-space Wasserstein for
 * numbers, total variation for categories) less what it would be by chance at this many observations; the others are shown beside it.
 */
export function driftOf(profile: Profile, reference: ReferenceProfile): Pick<DriftAnswer, 'features' | 'output'> {
  const features = reference.features
    .map((feature, i) => featureDrift(feature, profile.features[i]))
    .toSorted((a, b) => severity(b) - severity(a));
  return { features, output: outputDrift(profile, reference) };
}

function featureDrift(reference: FeatureReference, current: Profile['features'][number] | undefined): FeatureDrift {
  const bins = current?.bins ?? new Float64Array(reference.counts.length);
  const labels = reference.kind === 'numeric' ? numericLabels(reference.edges) : [...reference.vocabulary, 'other'];
  const { missing = 0, invalid = 0, below = 0, above = 0 } = current ?? {};
  const observed = sum(bins);
  const total = observed + missing + invalid;
  const referenceTotal = sum(reference.counts) + reference.missing;
  return {
    ...compare(reference.name, reference.kind, reference.counts, bins, labels, THRESHOLDS[reference.kind]),
    quality: {
      missingRate: rate(missing, total),
      referenceMissingRate: rate(reference.missing, referenceTotal),
      invalidRate: rate(invalid, total),
      outOfRangeRate: rate(below + above, total),
      otherRate: reference.kind === 'categorical' ? rate(bins.at(-1) ?? 0, total) : 0,
    },
  };
}

function outputDrift({ labels, scores }: Profile, { output }: ReferenceProfile): DriftAnswer['output'] {
  if (!output || output.labels.length === 0) return null;
  const quality = { missingRate: 0, referenceMissingRate: 0, invalidRate: 0, outOfRangeRate: 0, otherRate: 0 };
  const groups = Array.from({ length: SCORE_GROUPS }, (_, i) => `${(i / SCORE_GROUPS).toFixed(1)}–${((i + 1) / SCORE_GROUPS).toFixed(1)}`);
  return {
    labels: { ...compare('predicted label', 'categorical', output.labelCounts, labels, output.labels, THRESHOLDS.labels), quality },
    scores: { ...compare('top score', 'numeric', joined(output.scoreCounts), joined(scores), groups, THRESHOLDS.numeric), quality },
  };
}

function compare(name: string, kind: FeatureDrift['kind'], reference: ArrayLike<number>, current: ArrayLike<number>, labels: readonly string[], threshold: number): Omit<FeatureDrift, 'quality'> {
  const observations = sum(current);
  const floor = noiseFloor(reference, observations);
  const wasserstein = kind === 'numeric' ? wassersteinQuantile(reference, current) : null;
  const variation = totalVariation(reference, current);
  const primary = wasserstein === null
    ? { method: 'total-variation', score: variation, threshold, noiseFloor: floor.totalVariation } as const
    : { method: 'wasserstein', score: wasserstein, threshold, noiseFloor: floor.wassersteinQuantile } as const;
  const { statistic, degreesOfFreedom, pValue } = chiSquareTwoSample(reference, current);
  const [p, q] = [shares(reference), shares(current)];
  return {
    name,
    kind,
    observations,
    verdict: observations < MIN_OBSERVATIONS ? 'too-little-data' : primary.score - primary.noiseFloor >= threshold ? 'drift' : 'stable',
    primary,
    scores: {
      psi: psi(reference, current),
      jensenShannon: jensenShannonDistance(reference, current),
      hellinger: hellinger(reference, current),
      totalVariation: variation,
      kolmogorovSmirnov: kolmogorovSmirnov(reference, current).statistic,
      wasserstein,
      chiSquare: { statistic, degreesOfFreedom, pValue },
    },
    bins: labels.map((label, i) => ({ label, reference: p[i] ?? 0, current: q[i] ?? 0 })),
  };
}

function severity({ primary, verdict }: FeatureDrift): number {
  return verdict === 'too-little-data' ? 0 : (primary.score - primary.noiseFloor) / primary.threshold;
}

function joined(scores: ArrayLike<number>): number[] {
  const groups = Array.from({ length: SCORE_GROUPS }, () => 0);
  for (let i = 0; i < SCORE_BINS; i += 1) {
    const group = Math.floor((i * SCORE_GROUPS) / SCORE_BINS);
    groups[group] = (groups[group] ?? 0) + (scores[i] ?? 0);
  }
  return groups;
}

function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] ?? 0;
  return total;
}

function rate(part: number, total: number): number {
  return total === 0 ? 0 : part / total;
}
