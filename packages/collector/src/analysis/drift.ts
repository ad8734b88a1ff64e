import type { Profile, ReferenceProfile } from '@perigee/profile';
import {
  benjaminiHochberg,
  groupJackknife,
  joinedChiSquare,
  noiseFloor,
  raoScott,
  totalVariation,
  wassersteinQuantile,
} from '@perigee/profile/analysis';
import type { Shortfall } from '../api.ts';
import type { FeatureDrift } from '../api-quality.ts';
import { sum } from '../sum.ts';
import { inputCounts, outputCounts } from './drift-inputs.ts';
import type { ComparedCounts } from './drift-inputs.ts';
import type { Fleet } from './fleet.ts';
import { MIN_GROUPS } from './groups.ts';

/** A feature drifts if its score minus the noise floor reaches its threshold. */
export interface DriftThresholds {
  readonly numeric: number;
  readonly categorical: number;
  readonly labels: number;
}

export interface DriftOptions {
  readonly thresholds: DriftThresholds;
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

/** The figures that decide a verdict. `shown-drift.ts` adds those that are only shown. */
export interface JudgedFeature extends Omit<FeatureDrift, 'scores' | 'bins'> {
  readonly evidence: DriftEvidence;
}

/** The counts behind a verdict, and figures of them that are not shown. */
export interface DriftEvidence extends Pick<ComparedCounts, 'base' | 'labels'> {
  /** Counts of the fleet by bin. */
  readonly current: Float64Array;
  /**
   * Upper end of the score's jackknife interval; null with too few groups. Unlike that of `primary`,
   * it may be narrower than the noise floor.
   */
  readonly jackknifeHigh: number | null;
  /** Expected PSI without drift. */
  readonly psiFloor: number;
}

export interface JudgedDrift {
  readonly features: readonly JudgedFeature[];
  readonly outputs: readonly JudgedFeature[];
}

/**
 * Compares every feature of a window with the reference, or with the counts of another window. A
 * feature drifts if three conditions hold. Its score minus the noise floor reaches a threshold
 * (quantile-space Wasserstein distance for numbers, total variation for categories). The change is
 * statistically significant (Rao–Scott test over device groups, corrected for the number of
 * features and outputs). Enough was counted.
 * @param base baseline counts to use instead of the reference
 * @returns features in the reference's order
 */
export function judgeDrift(
  fleet: Fleet,
  reference: ReferenceProfile,
  options: DriftOptions,
  base?: Profile,
): JudgedDrift {
  const inputs = inputCounts(fleet, reference, options.thresholds, base);
  const outputs = outputCounts(fleet, reference, options.thresholds, base);
  const compared = [...inputs, ...outputs].map((one) => compare(one, fleet, options));
  const { rejected, adjusted } = benjaminiHochberg(
    compared.map(({ pValue }) => pValue),
    options.falseDiscoveryRate,
  );
  const judged = compared.map((one, i) => ({
    ...one,
    adjustedPValue: adjusted[i] ?? 1,
    verdict: verdictOf(one, rejected[i] ?? false, options),
    shortfall: shortfallOf(one, options),
  }));
  return { features: judged.slice(0, inputs.length), outputs: judged.slice(inputs.length) };
}

/** (score − noise floor) ÷ threshold. A value of 1 or more is a relevant change. */
export function ratioOf({ primary, verdict }: Pick<FeatureDrift, 'primary' | 'verdict'>): number {
  return verdict === 'too-little-data'
    ? 0
    : Math.max(0, (primary.score - primary.noiseFloor) / primary.threshold);
}

/** Largest ratio first. */
export function largestFirst<T extends Pick<FeatureDrift, 'primary' | 'verdict'>>(
  features: readonly T[],
): T[] {
  return features.toSorted((a, b) => ratioOf(b) - ratioOf(a));
}

/**
 * Features that differ from the reference, or may: a score beyond its threshold, significant or
 * not. With one of them, an estimate from scores does not hold.
 */
export function movedFeatures<T extends Pick<FeatureDrift, 'verdict'>>(
  features: readonly T[],
): T[] {
  return features.filter(({ verdict }) => verdict === 'drift' || verdict === 'unsure');
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

function shortfallOf(
  { effectiveN }: Pick<FeatureDrift, 'effectiveN'>,
  { minObservations }: DriftOptions,
): Shortfall | null {
  return effectiveN < minObservations
    ? { of: 'observations', counted: effectiveN, needed: minObservations }
    : null;
}

function compare(
  { name, kind, labels, threshold, base, groups, quality }: ComparedCounts,
  { rawShare }: Fleet,
  { minObservations }: DriftOptions,
): Omit<JudgedFeature, 'verdict' | 'shortfall' | 'adjustedPValue'> {
  const current = added(groups, base.length);
  const observations = sum(current) * rawShare;
  const seen = groups.filter((group) => sum(group) > 0);
  const counted = current.map((count) => count * rawShare);
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
    quality,
    evidence: {
      base,
      labels,
      current,
      jackknifeHigh: clustered ? high : null,
      psiFloor: floor.psi,
    },
  };
}

function added(groups: readonly ArrayLike<number>[], length: number): Float64Array {
  const total = new Float64Array(length);
  for (const group of groups)
    for (let i = 0; i < length; i += 1) total[i] = (total[i] ?? 0) + (group[i] ?? 0);
  return total;
}
