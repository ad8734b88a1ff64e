import type { FeatureCounts, FeatureReference, Profile, ReferenceProfile } from '@perigee/profile';
import { SCORE_BINS } from '@perigee/profile';
import {
  benjaminiHochberg,
  chiSquareTwoSample,
  groupJackknife,
  hellinger,
  jensenShannonDistance,
  joinedChiSquare,
  kolmogorovSmirnov,
  noiseFloor,
  psi,
  raoScott,
  shares,
  totalVariation,
  wassersteinQuantile,
} from '@perigee/profile/analysis';
import type { DriftAnswer, FeatureDrift } from '../api-quality.ts';
import { numericLabels } from './bin-labels.ts';
import { MIN_GROUPS } from './groups.ts';
import type { Fleet } from './fleet.ts';
import { rate, sum } from '../sum.ts';
import { expectedCounts } from './vocabulary.ts';

export interface DriftOptions {
  /** A feature drifts if its score minus the noise floor reaches this threshold. */
  readonly thresholds: {
    readonly numeric: number;
    readonly categorical: number;
    readonly labels: number;
  };
  /** Features with fewer effective observations have the verdict `too-little-data`. */
  readonly minObservations: number;
  /**
   * Expected share of false positives among the features with verdict `drift` (q of Benjamini and
   * Hochberg, 1995).
   */
  readonly falseDiscoveryRate: number;
}

export const DRIFT_DEFAULTS: DriftOptions = {
  thresholds: { numeric: 0.03, categorical: 0.1, labels: 0.05 },
  minObservations: 500,
  falseDiscoveryRate: 0.05,
};

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

interface Watched {
  readonly name: string;
  readonly kind: FeatureDrift['kind'];
  readonly labels: readonly string[];
  readonly threshold: number;
  readonly base: ArrayLike<number>;
  readonly groups: readonly ArrayLike<number>[];
  readonly quality: FeatureDrift['quality'];
}

/**
 * Compares every feature of a window with the reference, or with the counts of another window. A
 * feature drifts if three conditions hold. Its score minus the noise floor reaches a threshold
 * (quantile-space Wasserstein distance for numbers, total variation for categories). The change is
 * statistically significant (Rao–Scott test over device groups, corrected for the number of
 * features). Enough was counted.
 * @param base baseline counts to use instead of the reference
 */
export function driftOf(
  fleet: Fleet,
  reference: ReferenceProfile,
  options: DriftOptions = DRIFT_DEFAULTS,
  base?: Profile,
): Pick<DriftAnswer, 'features' | 'outputs'> {
  const { inputs, outputs } = watchedOf(fleet, reference, options, base);
  const judged = judge([...inputs, ...outputs], fleet, options).map(
    ({ base: before, current, labels, chiSquare, psiFloor, ...one }): FeatureDrift => {
      const [p, q] = [shares(before), shares(current)];
      const scores = scoresOf({ primary: one.primary, chiSquare, psiFloor }, before, current);
      return {
        ...one,
        scores,
        bins: labels.map((label, i) => ({ label, reference: p[i] ?? 0, current: q[i] ?? 0 })),
      };
    },
  );
  return {
    features: judged.slice(0, inputs.length).toSorted((a, b) => ratioOf(b) - ratioOf(a)),
    outputs: judged.slice(inputs.length),
  };
}

function watchedOf(
  fleet: Fleet,
  reference: ReferenceProfile,
  options: DriftOptions,
  base: Profile | undefined,
): { readonly inputs: Watched[]; readonly outputs: Watched[] } {
  const inputs = reference.features.map((feature, i): Watched => ({
    name: feature.name,
    kind: feature.kind,
    labels:
      feature.kind === 'numeric' ? numericLabels(feature.edges) : [...feature.vocabulary, 'other'],
    threshold: options.thresholds[feature.kind],
    base: base?.features[i]?.bins ?? expectedCounts(feature),
    groups: fleet.groups.map(
      ({ features }) => features[i]?.bins ?? new Float64Array(feature.counts.length),
    ),
    quality: qualityOf(feature, fleet.total.features[i], base?.features[i]),
  }));
  return { inputs, outputs: outputsOf(fleet, reference, options, base) };
}

/**
 * Verdicts of all features of a window. They are judged together, because the test corrects for
 * their number.
 */
function judge(watched: readonly Watched[], fleet: Fleet, options: DriftOptions): Judged[] {
  const compared = watched.map((one) => compare(one, fleet, options));
  const { rejected, adjusted } = benjaminiHochberg(
    compared.map(({ pValue }) => pValue),
    options.falseDiscoveryRate,
  );
  return compared.map((one, i) => ({
    ...one,
    adjustedPValue: adjusted[i] ?? 1,
    verdict: verdictOf(one, rejected[i] ?? false, options),
  }));
}

/**
 * Verdict and `ratioOf()` of every input, in the reference's order; null where too little was
 * counted.
 */
export function driftVerdicts(
  fleet: Fleet,
  reference: ReferenceProfile,
  options: DriftOptions,
): ({ readonly verdict: FeatureDrift['verdict']; readonly ratio: number } | null)[] {
  const { inputs, outputs } = watchedOf(fleet, reference, options, undefined);
  return judge([...inputs, ...outputs], fleet, options)
    .slice(0, inputs.length)
    .map((one) =>
      one.verdict === 'too-little-data' ? null : { verdict: one.verdict, ratio: ratioOf(one) },
    );
}

/** (score − noise floor) ÷ threshold. A value of 1 or more is a relevant change. */
export function ratioOf({ primary, verdict }: Pick<FeatureDrift, 'primary' | 'verdict'>): number {
  return verdict === 'too-little-data'
    ? 0
    : Math.max(0, (primary.score - primary.noiseFloor) / primary.threshold);
}

/**
 * The only place that decides a feature's verdict. Pages, charts, lists and alerts all show this
 * one.
 */
function verdictOf(
  { primary, effectiveN }: Pick<FeatureDrift, 'primary' | 'effectiveN'>,
  isReal: boolean,
  { minObservations }: DriftOptions,
): FeatureDrift['verdict'] {
  if (effectiveN < minObservations) return 'too-little-data';
  if (primary.score - primary.noiseFloor < primary.threshold) return 'stable';
  return isReal ? 'drift' : 'unsure';
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

function outputsOf(
  { groups }: Fleet,
  { output, value }: ReferenceProfile,
  { thresholds }: DriftOptions,
  base: Profile | undefined,
): Watched[] {
  const watched: Watched[] = [];
  if (output && output.labels.length > 0) {
    const tenths = Array.from(
      { length: SCORE_GROUPS },
      (_, i) => `${(i / SCORE_GROUPS).toFixed(1)}–${((i + 1) / SCORE_GROUPS).toFixed(1)}`,
    );
    watched.push(
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
    watched.push({
      name: 'predicted value',
      kind: 'numeric',
      labels: numericLabels(value.edges),
      threshold: thresholds.numeric,
      base: base?.values ?? value.counts,
      groups: groups.map(({ values }) => values),
      quality: NO_QUALITY,
    });
  return watched;
}

/** Figures that decide the verdict. Other scores are for display only; some are slow to compute. */
interface Judged extends Omit<FeatureDrift, 'scores' | 'bins'>, Pick<Watched, 'base' | 'labels'> {
  readonly current: Float64Array;
  readonly chiSquare: ReturnType<typeof chiSquareTwoSample>;
  /** Expected PSI without drift. */
  readonly psiFloor: number;
}

function compare(
  { name, kind, labels, threshold, base, groups, quality }: Watched,
  { rawShare }: Fleet,
  { minObservations }: DriftOptions,
): Judged {
  const current = added(groups, base.length);
  const observations = sum(current) * rawShare;
  const seen = groups.filter((group) => sum(group) > 0);
  const counted = current.map((count) => count * rawShare);
  const chiSquare = chiSquareTwoSample(base, counted);
  const clustered =
    seen.length >= MIN_GROUPS && observations >= minObservations && sum(base) > 0
      ? raoScott(base, seen)
      : null;
  // Weighted counts vary as much as the raw counts behind them. The spread of the groups already
  // includes the effect of sampling.
  const effectiveN = clustered ? Math.min(observations, clustered.effectiveN) : observations;
  const floor = noiseFloor(base, effectiveN);
  const isNumeric = kind === 'numeric';
  const chance = isNumeric ? floor.wassersteinQuantile : floor.totalVariation;
  const statistic = (counts: ArrayLike<number>): number =>
    isNumeric ? wassersteinQuantile(base, counts) : totalVariation(base, counts);
  const { estimate, low, high } = groupJackknife(groups, statistic);
  return {
    name,
    kind,
    observations: Math.round(observations),
    effectiveN: Math.round(effectiveN),
    verdict: 'stable',
    primary: {
      method: isNumeric ? 'wasserstein' : 'total-variation',
      score: estimate,
      // Groups may be equal by chance and show no spread, so the interval is at least the noise
      // floor to each side.
      low: clustered ? Math.max(0, Math.min(low, estimate - chance)) : null,
      high: clustered ? Math.max(high, estimate + chance) : null,
      threshold,
      noiseFloor: chance,
    },
    pValue: clustered?.pValue ?? joinedChiSquare(base, counted).pValue,
    adjustedPValue: 1,
    quality,
    base,
    labels,
    current,
    chiSquare,
    psiFloor: floor.psi,
  };
}

function scoresOf(
  { primary, chiSquare, psiFloor }: Pick<Judged, 'primary' | 'chiSquare' | 'psiFloor'>,
  base: ArrayLike<number>,
  current: ArrayLike<number>,
): FeatureDrift['scores'] {
  const bracket = kolmogorovSmirnov(base, current);
  const score = psi(base, current);
  const { statistic, degreesOfFreedom, pValue } = chiSquare;
  return {
    psi: score,
    psiAdjusted: Math.max(0, score - psiFloor),
    jensenShannon: jensenShannonDistance(base, current),
    hellinger: hellinger(base, current),
    totalVariation: totalVariation(base, current),
    kolmogorovSmirnov: { low: bracket.statistic, high: bracket.upperBound },
    wasserstein: primary.method === 'wasserstein' ? primary.score : null,
    chiSquare: { statistic, degreesOfFreedom, pValue },
  };
}

function added(groups: readonly ArrayLike<number>[], length: number): Float64Array {
  const total = new Float64Array(length);
  for (const group of groups)
    for (let i = 0; i < length; i += 1) total[i] = (total[i] ?? 0) + (group[i] ?? 0);
  return total;
}

function joined(scores: ArrayLike<number>): number[] {
  const groups = Array.from({ length: SCORE_GROUPS }, () => 0);
  for (let i = 0; i < SCORE_BINS; i += 1) {
    const group = Math.floor((i * SCORE_GROUPS) / SCORE_BINS);
    groups[group] = (groups[group] ?? 0) + (scores[i] ?? 0);
  }
  return groups;
}
