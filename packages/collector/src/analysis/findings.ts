import type { Profile } from '@perigee/profile';
import type { ComparedMetric, CompareAnswer, FeatureDrift } from '../api.ts';
import type { Effect, Finding, RuleName, Severity } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { ALARM, HALF_ALARM } from './compare.ts';
import { driftOf, ratioOf } from './drift.ts';
import type { DriftOptions } from './drift.ts';
import { atLeast, atMost, rateOf } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { accuracyOf, estimatedPerformance, labelledIn } from './performance.ts';
import type { Reference } from './read-fleet.ts';

const TOP = 5;

/** One version's window, and what it is held against. */
export interface Watched {
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly fleet: Fleet;
  readonly reference: Reference | null;
  /** Share of the window's predictions that were counted against another reference. */
  readonly mismatched: number;
  /** Against the version before, while both are out; null when there is none. */
  readonly comparison: Pick<CompareAnswer, 'champion' | 'metrics' | 'sampleRatio'> | null;
  readonly fromHour: number;
  readonly toHour: number;
}

/** What is wrong with one version in one window, by the rules' thresholds. */
export function findingsOf(watched: Watched, { rules }: Rules, options: DriftOptions): Finding[] {
  return [...mismatchFindings(watched, rules), ...driftFindings(watched, rules, options), ...performanceFindings(watched, rules), ...goldenFindings(watched, rules), ...releaseFindings(watched, rules)];
}

function finding({ model, version, segment, fleet, fromHour, toHour }: Watched, rule: RuleName, subject: string, severity: Severity, effect: Effect, summary: string, more: Partial<Finding> = {}): Finding {
  return { rule, model, version, segment, subject, severity, effect, effectiveN: Math.round(fleet.total.predictions * fleet.rawShare), devices: fleet.devices, topFeatures: [], firstVersionSeen: version, fromHour, toHour, summary, ...more };
}

function mismatchFindings(watched: Watched, rules: Rules['rules']): Finding[] {
  const { model, version, mismatched } = watched;
  const { share: threshold } = rules['schema-mismatch'].thresholds;
  if (mismatched < threshold) return [];
  return [finding(watched, 'schema-mismatch', '', 'page', { value: mismatched, low: mismatched, high: mismatched, threshold, unit: 'share' }, `${percent(mismatched)} of what was counted of ${model}@${version} was counted against another reference than the published one.`)];
}

/** Beside what the comparison with another version says: numbers that are wrong on so many devices need none. */
function goldenFindings(watched: Watched, rules: Rules['rules']): Finding[] {
  const { model, version, fleet } = watched;
  const failures = rateOf(fleet.groups, ({ golden }) => golden.failed, ({ golden }) => golden.passed + golden.failed);
  const { share: threshold } = rules['golden-failures'].thresholds;
  const trials = (fleet.total.golden.passed + fleet.total.golden.failed) * fleet.rawShare;
  if (!failures || trials < MIN_TRIALS || atLeast(failures, trials) < threshold) return [];
  return [finding(watched, 'golden-failures', '', 'page', { value: failures.value, low: atLeast(failures, trials), high: failures.high ?? failures.value, threshold, unit: 'share' }, `The golden samples of ${model}@${version} fail on ${percent(failures.value)} of the devices that tried them.`, { effectiveN: Math.round(trials) })];
}

function driftFindings(watched: Watched, rules: Rules['rules'], options: DriftOptions): Finding[] {
  const { fleet, reference, model, version } = watched;
  if (!reference) return [];
  const { features, outputs } = driftOf(fleet, reference.profile, options);
  const moved = features.filter(({ verdict }) => verdict === 'drift');
  const ratios = moved.map(ratioOf);
  const all = ratios.reduce((sum, ratio) => sum + ratio, 0);
  const topFeatures = moved.slice(0, TOP).map(({ name }, i) => ({ name, contribution: (ratios[i] ?? 0) / all }));
  const byDistance = (rule: RuleName, one: FeatureDrift, severity: Severity): Finding => finding(watched, rule, one.name, severity, distanceOf(one), `${one.name} of ${model}@${version} moved: ${distanceWords(one)}.`, { effectiveN: one.effectiveN, topFeatures });
  return [
    ...moved.map((one) => byDistance('feature-drift', one, 'ticket')),
    ...outputs.filter(({ verdict }) => verdict === 'drift').map((one) => byDistance('prediction-drift', one, 'ticket')),
    ...features.flatMap((one) => qualityFindings(watched, one, reference.profile.features.findIndex(({ name }) => name === one.name), rules)),
  ];
}

function distanceOf({ primary }: FeatureDrift): Effect {
  const over = (score: number): number => Math.max(0, score - primary.noiseFloor);
  return { value: over(primary.score), low: over(primary.low ?? primary.score), high: over(primary.high ?? primary.score), threshold: primary.threshold, unit: 'distance' };
}

function distanceWords({ primary, bins }: FeatureDrift): string {
  const gained = bins.reduce((most, bin) => (bin.current - bin.reference > most.current - most.reference ? bin : most));
  return `${primary.method === 'wasserstein' ? 'quantile-space Wasserstein' : 'total variation'} ${(primary.score - primary.noiseFloor).toFixed(3)} over noise, alert from ${primary.threshold}; most of it came to ${gained.label}`;
}

function qualityFindings(watched: Watched, { name, quality }: FeatureDrift, index: number, rules: Rules['rules']): Finding[] {
  const { groups, rawShare } = watched.fleet;
  const whole = (one: Profile): number => {
    const feature = one.features[index];
    return feature ? feature.bins.reduce((sum, count) => sum + count, 0) + feature.missing + feature.invalid : 0;
  };
  // What is missing was looked at, too.
  const effectiveN = groups.reduce((sum, group) => sum + whole(group), 0) * rawShare;
  const share = (part: (one: NonNullable<Profile['features'][number]>) => number) => rateOf(groups, (one) => (one.features[index] ? part(one.features[index]) : 0), whole);
  const found: Finding[] = [];
  const add = (rule: 'missing-values' | 'new-category' | 'out-of-range', estimate: ReturnType<typeof share>, threshold: number, words: string): void => {
    // The lower end of the interval must be over it, too: a few devices may say anything.
    if (!estimate || effectiveN < MIN_EFFECTIVE || atLeast(estimate, effectiveN) < threshold) return;
    found.push(finding(watched, rule, name, 'ticket', { value: estimate.value, low: atLeast(estimate, effectiveN), high: estimate.high ?? estimate.value, threshold, unit: 'share' }, `${(estimate.value * 100).toFixed(1)} % of ${name} ${words}.`, { effectiveN }));
  };
  const { increase, ratio } = rules['missing-values'].thresholds;
  add('missing-values', share(({ missing, invalid }) => missing + invalid), Math.max(quality.referenceMissingRate + increase, quality.referenceMissingRate * ratio), `is missing or no number; it was ${(quality.referenceMissingRate * 100).toFixed(1)} %`);
  // Of m rows the next one is smaller or larger than all with a chance of 2/(m + 1), when nothing has changed.
  const expected = 2 / ((watched.reference?.profile.rows ?? 0) + 1);
  add('out-of-range', share(({ below, above }) => below + above), rules['out-of-range'].thresholds.share + expected, 'is outside of what the reference has');
  if (quality.otherRate > 0) add('new-category', share(({ bins }) => bins.at(-1) ?? 0), quality.referenceOtherRate + rules['new-category'].thresholds.share, 'is in no category of the reference');
  return found;
}

const MIN_EFFECTIVE = 200;
const MIN_TRIALS = 20;

function performanceFindings(watched: Watched, rules: Rules['rules']): Finding[] {
  const { fleet, reference, model, version } = watched;
  const calibration = reference?.profile.output?.calibration;
  if (!reference || !calibration) return [];
  const found: Finding[] = [];
  const measured = accuracyOf(fleet.groups);
  const { drop } = rules.accuracy.thresholds;
  const labelled = labelledIn(fleet.total) * fleet.rawShare;
  if (measured && labelled >= MIN_EFFECTIVE && atMost(measured, labelled) <= calibration.accuracy - drop) {
    found.push(finding(watched, 'accuracy', '', 'page', { value: measured.value, low: measured.low ?? measured.value, high: atMost(measured, labelled), threshold: calibration.accuracy - drop, unit: 'share' }, `${model}@${version} is right in ${percent(measured.value)} of the labelled cases; it was in ${percent(calibration.accuracy)}.`));
  }
  const estimated = estimatedPerformance(fleet, reference.profile);
  const { drop: estimatedDrop, standardErrors } = rules['estimated-accuracy'].thresholds;
  if (estimated && estimated.count * fleet.rawShare >= MIN_EFFECTIVE) {
    const { value, low, high } = estimated.accuracy;
    const error = high === null || low === null ? Math.sqrt((value * (1 - value)) / (estimated.count * fleet.rawShare)) : (high - low) / 4;
    if (calibration.accuracy - value >= Math.max(estimatedDrop, standardErrors * error)) {
      found.push(finding(watched, 'estimated-accuracy', '', 'ticket', { value, low: low ?? value, high: high ?? value, threshold: calibration.accuracy - estimatedDrop, unit: 'share' }, `By its confidence ${model}@${version} is right in ${percent(value)} of the cases, ${percent(calibration.accuracy)} on held-out rows. That holds only while the same inputs have the same answers.`));
    }
  }
  return found;
}

const RULE_OF = { 'failed-sessions': 'error-rate', 'golden-failures': 'golden-failures', 'degraded-sessions': 'fallback-rate', latency: 'latency', accuracy: 'accuracy' } as const satisfies Readonly<Record<ComparedMetric['name'], RuleName>>;

/** Against the version before: only what an e-process proved, so that looking every hour raises no false alarms. */
function releaseFindings(watched: Watched, rules: Rules['rules']): Finding[] {
  const { comparison, model, version } = watched;
  if (!comparison) return [];
  const found = comparison.metrics.flatMap((metric): Finding[] => {
    const rule = RULE_OF[metric.name];
    const limits = rules[rule].thresholds;
    // One half of the fleet alone may be a few devices that always fail.
    const inBoth = (metric.path.at(-1)?.halves ?? [0, 0]).every((eValue) => eValue >= HALF_ALARM);
    if (!inBoth || !metric.alarm || metric.eValue < ('eValue' in limits ? limits.eValue : ALARM)) return [];
    const { value, low, high } = metric.challenger;
    const threshold = metric.champion.value * ('ratio' in limits ? limits.ratio : 1);
    if ('ratio' in limits && value < threshold) return [];
    const words = metric.unit === 'ms' ? [`${value.toPrecision(3)} ms`, `${metric.champion.value.toPrecision(3)} ms`] : [percent(value), percent(metric.champion.value)];
    return [finding(watched, rule, '', 'page', { value, low: low ?? value, high: high ?? value, threshold, unit: metric.unit }, `${metric.name.replace('-', ' ')} of ${model}@${version}: ${words[0]}; ${words[1]} for ${comparison.champion}, which is out beside it.`, { effectiveN: metric.n.challenger })];
  });
  const { observed, expected, pValue } = comparison.sampleRatio;
  if (observed !== null && pValue !== null && expected !== null && pValue < rules['sample-ratio'].thresholds.pValue) {
    found.push(finding(watched, 'sample-ratio', '', 'ticket', { value: observed, low: observed, high: observed, threshold: expected, unit: 'share' }, `${percent(observed)} of the sessions are of ${version}; its rollout asks for ${percent(expected)}. Devices that fail early, or telemetry that is lost, would look like this.`));
  }
  return found;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
