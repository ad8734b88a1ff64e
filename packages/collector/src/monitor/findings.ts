import type { FeatureReference, Profile } from '@perigee/profile';
import type { FeatureDrift } from '../api-quality.ts';
import type { Effect, Finding, RuleName, Severity } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { driftOf, ratioOf } from '../analysis/drift.ts';
import type { DriftOptions } from '../analysis/drift.ts';
import { atLeast, atMost, rateOf } from '../analysis/estimate.ts';
import { feedbackFindings } from './feedback-findings.ts';
import { accuracyOf, estimatedPerformance, labelledIn } from '../analysis/performance.ts';
import { createDoubts, isNear } from './judging.ts';
import type { Doubts, JudgedVersion } from './judging.ts';
import { qualityRules } from '../analysis/quality.ts';
import { releaseFindings } from './release-findings.ts';
import { finding, percent } from './watched.ts';
import type { Watched } from './watched.ts';

const TOP = 5;

/** Applies all rules to one version in one window: findings, and what cannot be decided. */
export function judge(watched: Watched, { rules }: Rules, options: DriftOptions): JudgedVersion {
  const doubts = createDoubts(watched);
  const { fleet, reference } = watched;
  const drift = reference ? driftOf(fleet, reference.profile, options) : NO_DRIFT;
  const findings = [
    ...driftFindings(watched, drift, rules, doubts),
    ...performanceFindings(watched, rules, doubts),
    ...goldenFindings(watched, rules, doubts),
    ...feedbackFindings(watched, rules, doubts),
    ...releaseFindings(watched, rules, doubts),
  ];
  return { findings, undecided: doubts.undecided, features: drift.features };
}

const NO_DRIFT: ReturnType<typeof driftOf> = { features: [], outputs: [] };

/**
 * Golden samples need no comparison with another version: wrong results on so many devices are a
 * finding by themselves.
 */
function goldenFindings(watched: Watched, rules: Rules['rules'], doubts: Doubts): Finding[] {
  const { model, version, fleet } = watched;
  const failures = rateOf(
    fleet.groups,
    ({ golden }) => golden.failed,
    ({ golden }) => golden.passed + golden.failed,
    fleet.rawShare,
  );
  const { share: threshold } = rules['golden-failures'].thresholds;
  const trials = (fleet.total.golden.passed + fleet.total.golden.failed) * fleet.rawShare;
  if (!failures || trials < MIN_TRIALS) {
    doubts.tooLittle('golden-failures', '');
    return [];
  }
  if (atLeast(failures, trials) < threshold) {
    if (isNear(failures.value, 0, threshold)) doubts.near('golden-failures', '');
    return [];
  }
  return [
    finding(
      watched,
      'golden-failures',
      '',
      'page',
      {
        value: failures.value,
        low: atLeast(failures, trials),
        high: failures.high ?? failures.value,
        threshold,
        unit: 'share',
      },
      `The golden samples of ${model}@${version} fail on ${percent(failures.value)} of the ` +
        'devices that tried them.',
      { effectiveN: Math.round(trials) },
    ),
  ];
}

function driftFindings(
  watched: Watched,
  { features, outputs }: ReturnType<typeof driftOf>,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { reference, model, version } = watched;
  if (!reference) return [];
  for (const [rule, list] of [
    ['feature-drift', features],
    ['prediction-drift', outputs],
  ] as const) {
    for (const one of list) {
      if (one.verdict === 'too-little-data') doubts.tooLittle(rule, one.name);
      else if (one.verdict !== 'drift' && (isNear(ratioOf(one), 0, 1) || mayBeOver(one)))
        doubts.near(rule, one.name);
    }
  }
  const moved = features.filter(({ verdict }) => verdict === 'drift');
  const ratios = moved.map(ratioOf);
  const all = ratios.reduce((sum, ratio) => sum + ratio, 0);
  const topFeatures = moved
    .slice(0, TOP)
    .map(({ name }, i) => ({ name, contribution: (ratios[i] ?? 0) / all }));
  const byDistance = (rule: RuleName, one: FeatureDrift, severity: Severity): Finding =>
    finding(
      watched,
      rule,
      one.name,
      severity,
      distanceOf(one),
      `${one.name} of ${model}@${version} moved: ${distanceWords(one)}.`,
      { effectiveN: one.effectiveN, topFeatures },
    );
  return [
    ...moved.map((one) => byDistance('feature-drift', one, 'ticket')),
    ...outputs
      .filter(({ verdict }) => verdict === 'drift')
      .map((one) => byDistance('prediction-drift', one, 'ticket')),
    ...reference.profile.features.flatMap((feature, index) =>
      qualityFindings(watched, feature, index, rules, doubts),
    ),
  ];
}

/**
 * With few devices a score swings widely. An alert ends only when the interval of the score lies
 * below the threshold.
 */
function mayBeOver({ primary: { high, noiseFloor, threshold } }: FeatureDrift): boolean {
  return high !== null && high - noiseFloor >= threshold;
}

function distanceOf({ primary }: FeatureDrift): Effect {
  const over = (score: number): number => Math.max(0, score - primary.noiseFloor);
  return {
    value: over(primary.score),
    low: over(primary.low ?? primary.score),
    high: over(primary.high ?? primary.score),
    threshold: primary.threshold,
    unit: 'distance',
  };
}

function distanceWords({ primary, bins }: FeatureDrift): string {
  const gained = bins.reduce((most, bin) =>
    bin.current - bin.reference > most.current - most.reference ? bin : most,
  );
  const method =
    primary.method === 'wasserstein' ? 'quantile-space Wasserstein' : 'total variation';
  return (
    `${method} ${(primary.score - primary.noiseFloor).toFixed(3)} over ` +
    `noise, alert from ${primary.threshold}; most of it came to ${gained.label}`
  );
}

function qualityFindings(
  watched: Watched,
  reference: FeatureReference,
  index: number,
  rules: Rules['rules'],
  doubts: Doubts,
): Finding[] {
  const { groups, rawShare } = watched.fleet;
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
          watched,
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
          `${(estimate.value * 100).toFixed(1)} % of ${name} ${words}.`,
          { effectiveN },
        ),
      ];
    },
  );
}

const MIN_EFFECTIVE = 200;
const MIN_TRIALS = 20;

function performanceFindings(watched: Watched, rules: Rules['rules'], doubts: Doubts): Finding[] {
  const { fleet, reference, model, version } = watched;
  const calibration = reference?.profile.output?.calibration;
  if (!reference || !calibration) return [];
  const found: Finding[] = [];
  const measured = accuracyOf(fleet.groups, fleet.rawShare);
  const { drop } = rules.accuracy.thresholds;
  const labelled = labelledIn(fleet.total) * fleet.rawShare;
  if (!measured || labelled < MIN_EFFECTIVE) doubts.tooLittle('accuracy', '');
  else if (atMost(measured, labelled) > calibration.accuracy - drop) {
    if (isNear(measured.value, calibration.accuracy, calibration.accuracy - drop))
      doubts.near('accuracy', '');
  } else {
    found.push(
      finding(
        watched,
        'accuracy',
        '',
        'page',
        {
          value: measured.value,
          low: measured.low ?? measured.value,
          high: atMost(measured, labelled),
          threshold: calibration.accuracy - drop,
          unit: 'share',
        },
        `${model}@${version} is right in ${percent(measured.value)} of the labelled cases; ` +
          `it was in ${percent(calibration.accuracy)}.`,
      ),
    );
  }
  const estimated = estimatedPerformance(fleet, reference.profile);
  const { drop: estimatedDrop, standardErrors } = rules['estimated-accuracy'].thresholds;
  if (estimated && estimated.count * fleet.rawShare >= MIN_EFFECTIVE) {
    const { value, low, high } = estimated.accuracy;
    const error =
      high === null || low === null
        ? Math.sqrt((value * (1 - value)) / (estimated.count * fleet.rawShare))
        : (high - low) / 4;
    if (calibration.accuracy - value < Math.max(estimatedDrop, standardErrors * error)) {
      if (isNear(value, calibration.accuracy, calibration.accuracy - estimatedDrop))
        doubts.near('estimated-accuracy', '');
    } else {
      found.push(
        finding(
          watched,
          'estimated-accuracy',
          '',
          'ticket',
          {
            value,
            low: low ?? value,
            high: high ?? value,
            threshold: calibration.accuracy - estimatedDrop,
            unit: 'share',
          },
          `By its confidence ${model}@${version} is right in ${percent(value)} of the cases, ` +
            `${percent(calibration.accuracy)} on held-out rows. That holds only while the same ` +
            'inputs have the same answers.',
        ),
      );
    }
  } else doubts.tooLittle('estimated-accuracy', '');
  return found;
}
