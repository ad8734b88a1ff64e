import { shares } from '@perigee/profile/analysis';
import type { Effect, Finding } from '../alerts/finding.ts';
import { largestFirst, ratioOf } from '../analysis/drift.ts';
import { shiftOf } from '../analysis/shift.ts';
import type { JudgedDrift, JudgedFeature } from '../analysis/drift.ts';
import { isNear } from './judging.ts';
import type { Doubts } from './judging.ts';
import { finding } from './version-counts.ts';
import type { VersionCounts } from './version-counts.ts';

const MAX_TOP_FEATURES = 5;

/** Findings on the distributions of inputs (`feature-drift`) and outputs (`prediction-drift`). */
export function driftFindings(
  counts: VersionCounts,
  { features, outputs }: JudgedDrift,
  doubts: Doubts,
): Finding[] {
  const drifted = largestFirst(features.filter(({ verdict }) => verdict === 'drift'));
  return [
    ...findingsOf('feature-drift', counts, features, topFeaturesOf(drifted), doubts),
    ...findingsOf('prediction-drift', counts, outputs, topFeaturesOf(drifted), doubts),
  ];
}

function findingsOf(
  rule: 'feature-drift' | 'prediction-drift',
  counts: VersionCounts,
  judged: readonly JudgedFeature[],
  topFeatures: Finding['topFeatures'],
  doubts: Doubts,
): Finding[] {
  const { model, version } = counts;
  return judged.flatMap((one): Finding[] => {
    if (one.verdict === 'too-little-data') doubts.tooLittle(rule, one.name);
    else if (one.verdict !== 'drift' && mayStillDrift(one)) doubts.near(rule, one.name);
    if (one.verdict !== 'drift') return [];
    return [
      finding(
        counts,
        rule,
        one.name,
        'ticket',
        distanceOf(one),
        `${one.name} of ${model}@${version} differs from the reference by ${distanceWords(one)}`,
        {
          effectiveN: one.effectiveN,
          topFeatures,
          facts: { shift: shiftOf(one), isOfPictures: isOfPictures(counts) },
        },
      ),
    ];
  });
}

/** The statistics that the SDK computes of each picture, before those that a pipeline adds. */
const PICTURE_FEATURES = ['brightness', 'contrast', 'edges', 'centerX', 'centerY'];

function isOfPictures({ reference }: VersionCounts): boolean {
  const names = reference?.profile.features.map(({ name }) => name) ?? [];
  return PICTURE_FEATURES.every((name, i) => names[i] === name);
}

/** @param drifted largest ratio first */
function topFeaturesOf(drifted: readonly JudgedFeature[]): Finding['topFeatures'] {
  const all = drifted.reduce((sum, one) => sum + ratioOf(one), 0);
  return drifted
    .slice(0, MAX_TOP_FEATURES)
    .map((one) => ({ name: one.name, contribution: ratioOf(one) / all }));
}

/**
 * A score over its threshold opens an alert. Because scores swing from day to day, an alert ends only
 * when the whole interval of the score is clear of the threshold.
 */
function mayStillDrift({ primary, evidence: { jackknifeHigh } }: JudgedFeature): boolean {
  const { score, noiseFloor, threshold } = primary;
  return isNear(Math.max(score, jackknifeHigh ?? score) - noiseFloor, 0, threshold);
}

function distanceOf({ primary }: JudgedFeature): Effect {
  const over = (score: number): number => Math.max(0, score - primary.noiseFloor);
  return {
    value: over(primary.score),
    low: over(primary.low ?? primary.score),
    high: over(primary.high ?? primary.score),
    threshold: primary.threshold,
    unit: 'distance',
  };
}

function distanceWords({ primary, evidence: { base, current, labels } }: JudgedFeature): string {
  const [before, now] = [shares(base), shares(current)];
  const gains = labels.map((_, i) => (now[i] ?? 0) - (before[i] ?? 0));
  const gained = labels[gains.indexOf(Math.max(...gains))];
  const method =
    primary.method === 'wasserstein' ? 'quantile-space Wasserstein distance' : 'total variation';
  return (
    `${(primary.score - primary.noiseFloor).toFixed(3)} (${method} without noise; alert from ` +
    `${primary.threshold}). The share of ${gained} grew most.`
  );
}
