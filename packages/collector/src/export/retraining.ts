import { stepOf } from '@perigee/profile';
import type {
  FeatureReference,
  NumericReference,
  Profile,
  ReferenceProfile,
} from '@perigee/profile';
import { shares } from '@perigee/profile/analysis';
import { judgeDrift, largestFirst } from '../analysis/drift.ts';
import type { DriftOptions, JudgedFeature } from '../analysis/drift.ts';
import { fleetOf } from '../analysis/fleet.ts';
import { isCorrect } from '../confusion.ts';
import { featureBins } from './bins.ts';
import type {
  AccuracyByFeedback,
  Population,
  RetrainingFile,
  ShiftedFeature,
} from './retraining-file.ts';

/**
 * Upper bound of the weight of a reference row. Larger weights on few rows make training unstable.
 */
const MAX_WEIGHT = 20;

export interface RetrainingInput {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  readonly reference: { readonly id: string; readonly profile: ReferenceProfile };
  /** Sums by segment and device group, counted against that reference. */
  readonly profiles: readonly Profile[];
  /** Segments with fewer device-hours are omitted. */
  readonly minDevices: number;
  readonly drift: DriftOptions;
}

/**
 * Describes a window for a training job. Counts that devices randomised are excluded and reported
 * separately: single randomised bins say nothing about what devices saw. Undefined when all counts
 * are randomised.
 */
export function retrainingOf({
  model,
  version,
  from,
  to,
  reference,
  profiles,
  minDevices,
  drift,
}: RetrainingInput): RetrainingFile | undefined {
  const exact = profiles.filter(({ key }) => key.privacy === 0);
  const randomised = profiles.reduce(
    (sum, { key, predictions }) => sum + (key.privacy === 0 ? 0 : predictions),
    0,
  );
  const segments = [...new Set(exact.map(({ key }) => key.segment))].toSorted();
  const all = populationOf(null, exact, reference.profile, drift);
  if (!all) return undefined;
  const parts =
    segments.length > 1 || segments[0] !== ''
      ? segments
          .flatMap(
            (segment) =>
              populationOf(
                segment,
                exact.filter(({ key }) => key.segment === segment),
                reference.profile,
                drift,
              ) ?? [],
          )
          .filter(({ devices }) => devices >= minDevices)
      : [];
  return {
    schema: 'perigee-retraining/1',
    model,
    version,
    reference: reference.id,
    referenceRows: reference.profile.rows,
    from,
    to,
    maxWeight: MAX_WEIGHT,
    randomisedPredictions: randomised,
    populations: [all, ...parts],
  };
}

function populationOf(
  segment: string | null,
  profiles: readonly Profile[],
  reference: ReferenceProfile,
  options: DriftOptions,
): Population | undefined {
  const fleet = fleetOf(profiles);
  if (!fleet) return undefined;
  const { features: judged, outputs } = judgeDrift(fleet, reference, options);
  const features = largestFirst(judged);
  const predictedLabel = outputs.find(({ kind }) => kind === 'categorical');
  const estimate = (pick: (profile: Profile) => number): number =>
    profiles.reduce((total, profile) => total + 2 ** profile.key.sampling * pick(profile), 0);
  const labels = weighted(profiles, (profile) => profile.labels);
  return {
    segment,
    predictions: profiles.reduce((total, one) => total + one.predictions, 0),
    devices: fleet.devices,
    estimatedPredictions: estimate(({ predictions }) => predictions),
    estimatedDevices: estimate(({ devices }) => devices),
    moved: features.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name),
    features: features.flatMap((drift) => {
      const index = reference.features.findIndex(({ name }) => name === drift.name);
      const feature = reference.features[index];
      return feature
        ? [
            shiftedFeature(
              drift,
              feature,
              weighted(profiles, (profile) => profile.features[index]?.bins ?? new Float64Array()),
            ),
          ]
        : [];
    }),
    labels:
      predictedLabel && reference.output
        ? {
            ...verdictOf(predictedLabel),
            shares: sharesOf(reference.output.labels, reference.output.labelCounts, labels),
          }
        : null,
    accuracy: accuracyOf(fleet.total, reference),
  };
}

function shiftedFeature(
  drift: JudgedFeature,
  reference: FeatureReference,
  counts: Float64Array,
): ShiftedFeature {
  const [expected, seen] = [shares(reference.counts), shares(counts)];
  const { missingRate, referenceMissingRate, invalidRate, outOfRangeRate, otherRate } =
    drift.quality;
  const referenceTotal =
    reference.counts.reduce((sum, count) => sum + count, 0) + reference.missing;
  return {
    name: drift.name,
    kind: drift.kind,
    ...(reference.kind === 'numeric' && reference.unit !== undefined && { unit: reference.unit }),
    ...verdictOf(drift),
    shift:
      reference.kind === 'numeric' && drift.observations > 0
        ? shiftOf(reference, expected, seen)
        : null,
    missing: { reference: referenceMissingRate, current: missingRate },
    invalid: invalidRate,
    outOfRange: outOfRangeRate,
    other:
      reference.kind === 'categorical'
        ? {
            reference: referenceTotal === 0 ? 0 : (reference.counts.at(-1) ?? 0) / referenceTotal,
            current: otherRate,
          }
        : null,
    bins: featureBins(reference).map((bin, i) => ({
      ...bin,
      reference: expected[i] ?? 0,
      current: seen[i] ?? 0,
      weight: weightOf(expected[i] ?? 0, seen[i] ?? 0),
    })),
  };
}

/**
 * Weight of a reference row of a bin. A bin without reference rows has the maximum, which marks
 * that training data is lacking there.
 */
function weightOf(reference: number, current: number): number {
  if (reference === 0) return current === 0 ? 1 : MAX_WEIGHT;
  return Math.min(MAX_WEIGHT, current / reference);
}

/**
 * Means computed from bin midpoints. The outer bins end at the reference's minimum and maximum, so
 * values beyond them are understated.
 */
function shiftOf(
  { edges, min, max }: NumericReference,
  expected: ArrayLike<number>,
  seen: ArrayLike<number>,
): NonNullable<ShiftedFeature['shift']> {
  const bounds = [Math.min(min, edges[0] ?? min), ...edges, Math.max(max, edges.at(-1) ?? max)];
  const mean = (parts: ArrayLike<number>): number =>
    bounds
      .slice(1)
      .reduce((sum, upper, i) => sum + ((bounds[i] ?? 0) / 2 + upper / 2) * (parts[i] ?? 0), 0);
  const [referenceMean, currentMean] = [mean(expected), mean(seen)];
  return {
    direction: currentMean > referenceMean ? 'up' : currentMean < referenceMean ? 'down' : 'none',
    referenceMean,
    currentMean,
  };
}

function verdictOf({
  verdict,
  observations,
  primary,
}: JudgedFeature): Pick<
  ShiftedFeature,
  'verdict' | 'observations' | 'method' | 'score' | 'threshold' | 'noiseFloor'
> {
  const { method, score, threshold, noiseFloor } = primary;
  return { verdict, observations, method, score, threshold, noiseFloor };
}

function sharesOf(
  labels: readonly string[],
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): NonNullable<Population['labels']>['shares'] {
  const [expected, seen] = [shares(reference), shares(current)];
  return labels.map((label, i) => ({ label, expected: expected[i] ?? 0, seen: seen[i] ?? 0 }));
}

function accuracyOf(
  { confusion, regression }: Profile,
  { output, value }: ReferenceProfile,
): AccuracyByFeedback | null {
  if (confusion.size > 0 && output) {
    const size = output.labels.length;
    const perLabel = output.labels.map((label) => ({ label, labelled: 0, correct: 0 }));
    for (const [cell, count] of confusion) {
      const groundTruth = perLabel[cell % size];
      if (!groundTruth) continue;
      groundTruth.labelled += count;
      if (isCorrect(cell, size)) groundTruth.correct += count;
    }
    const [labelled, correct] = [
      perLabel.reduce((sum, one) => sum + one.labelled, 0),
      perLabel.reduce((sum, one) => sum + one.correct, 0),
    ];
    return {
      kind: 'labels',
      labelled,
      correct,
      accuracy: correct / labelled,
      expected: output.calibration?.accuracy ?? null,
      byTrueLabel: perLabel,
    };
  }
  if (regression.count === 0 || !value) return null;
  const { count, over, under, squaredError } = regression;
  const step = stepOf(value);
  return {
    kind: 'number',
    labelled: count,
    meanError: ((over - under) * step) / count,
    meanAbsoluteError: ((over + under) * step) / count,
    rootMeanSquaredError: Math.sqrt(squaredError / count) * step,
  };
}

/** Counts scaled up to all devices: counts from a sample of 1 in 2^k are multiplied by 2^k. */
function weighted(
  profiles: readonly Profile[],
  pick: (profile: Profile) => Float64Array,
): Float64Array {
  const [first] = profiles;
  const total = new Float64Array(first ? pick(first).length : 0);
  for (const profile of profiles)
    for (const [i, count] of pick(profile).entries())
      total[i] = (total[i] ?? 0) + 2 ** profile.key.sampling * count;
  return total;
}
