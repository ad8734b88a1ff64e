import type { Profile } from '@perigee/profile';
import { STAGES } from '@perigee/profile';
import { createSafeTest, groupJackknife, groupJackknifeRatio, msprt, studentSurvival } from '@perigee/profile/analysis';
import { COMPARED_FROM_SESSIONS } from '../api.ts';
import type { CompareAnswer, ComparedMetric, Estimate } from '../api.ts';
import { estimateOf, rateOf, shareOf } from './estimate.ts';
import { GROUPS, MIN_GROUPS } from './fleet.ts';
import { groupBy } from './group-by.ts';
import { meanLogLatency } from './log-latency.ts';
import { correctIn, labelledIn } from './performance.ts';
import { sum as total } from './sum.ts';
import { hourText } from './window.ts';

/** An e-value of 100: at most one in a hundred comparisons of equal versions ever gets there, however often one looks. */
export const ALARM = 100;
/** In each half of the fleet; together they are as much evidence as ALARM, from devices that have nothing to do with each other. */
export const HALF_ALARM = 10;
/** Harm smaller than this is not worth taking a release back for, however sure it is. */
const MARGINS = { failures: 0.002, latency: 1.25, accuracy: 0.02 } as const;
/** Of the mixture over possible differences, on the scale of ln(ms) and of shares: about the margin. */
const TAU = { latency: 0.2, accuracy: 0.05 } as const;
/** The normal mixture takes variances for known; those of 16 groups are not. (t₃₀ ÷ z at 99 %)². */
const FEW_GROUPS = 1.14;
/** Fewer of either are a few devices' luck, whatever the evidence. */
const MIN_HARM_SESSIONS = 10;
const MIN_RATIO_SESSIONS = 500;
/** Of each arm, before a mean of it is evidence; and the least a single observation varies: the width of a latency bucket. */
const MIN_OBSERVED = 200;
const LEAST_VARIANCE = 0.05 ** 2;
const TOTAL = STAGES.indexOf('total');

/** Sums of both versions by group and hour, against one clock. */
export interface Arms {
  readonly champion: readonly Profile[];
  readonly challenger: readonly Profile[];
}

interface Counted {
  readonly n: number;
  readonly failures: number;
}
const NONE: Counted = { n: 0, failures: 0 };
type Half = 'all' | 'first' | 'second';

/** Is the challenger worse? Every metric is an e-process, so looking at it each hour costs nothing in certainty. */
export function compareVersions(arms: Arms, expectedShare: number | null, shareSinceHour = 0): Pick<CompareAnswer, 'metrics' | 'sampleRatio' | 'verdict' | 'reasons'> {
  const hours = [...new Set([...arms.champion, ...arms.challenger].map(({ key }) => key.hour))].toSorted((a, b) => a - b);
  const metrics = [
    rateMetric('failed-sessions', arms, hours, ({ sessions }) => ({ n: sessions.started, failures: sessions.failed })),
    rateMetric('golden-failures', arms, hours, ({ golden }) => ({ n: golden.passed + golden.failed, failures: golden.failed })),
    rateMetric('degraded-sessions', arms, hours, ({ sessions }) => ({ n: sessions.started, failures: sessions.degraded })),
    latencyMetric(arms, hours),
    accuracyMetric(arms, hours),
  ].filter((metric) => metric !== null);
  const sessions = (profiles: readonly Profile[]): number => profiles.reduce((sum, one) => sum + one.sessions.started, 0);
  const [a, b] = [sessions(arms.champion), sessions(arms.challenger)];
  const reasons = Math.min(a, b) < MIN_HARM_SESSIONS ? [] : harmIn(metrics);
  return {
    metrics,
    sampleRatio: sampleRatio(arms, expectedShare, shareSinceHour),
    verdict: reasons.length > 0 ? 'harm' : b < COMPARED_FROM_SESSIONS ? 'too-little-data' : 'no-harm-seen',
    reasons,
  };
}

/** Sessions of the challenger among both since the share was last changed, by groups of devices: sessions of one device are not independent. */
function sampleRatio({ champion, challenger }: Arms, expected: number | null, sinceHour: number): CompareAnswer['sampleRatio'] {
  const byGroup = (profiles: readonly Profile[]): Float64Array => {
    const sums = new Float64Array(GROUPS);
    for (const { key, sessions } of profiles) if (key.hour >= sinceHour) sums[key.group] = (sums[key.group] ?? 0) + sessions.started;
    return sums;
  };
  const [a, b] = [byGroup(champion), byGroup(challenger)];
  const both = a.map((count, group) => count + (b[group] ?? 0));
  const n = total(both);
  if (n === 0) return { observed: null, expected, pValue: null };
  const { estimate, standardError, degreesOfFreedom } = groupJackknifeRatio(b, both);
  const canTell = expected !== null && n >= MIN_RATIO_SESSIONS && degreesOfFreedom + 1 >= MIN_GROUPS && standardError > 0;
  return { observed: estimate, expected, pValue: canTell ? 2 * studentSurvival(Math.abs(estimate - expected) / standardError, degreesOfFreedom) : null };
}

/** What fails for one reason fails in several metrics: only different families are independent signals. */
const FAMILY: Readonly<Record<ComparedMetric['name'], string>> = { 'failed-sessions': 'failures', 'golden-failures': 'failures', 'degraded-sessions': 'failures', latency: 'latency', accuracy: 'accuracy' };

/** Two signals that have nothing to do with each other: two families of metrics, or one metric in both halves of the fleet. Uploads prove nothing of their sender, so one is not enough. */
function harmIn(metrics: readonly ComparedMetric[]): string[] {
  const alarmed = metrics.filter(({ alarm }) => alarm);
  const inBoth = alarmed.filter(({ path }) => (path.at(-1)?.halves ?? [0, 0]).every((eValue) => eValue >= HALF_ALARM));
  const families = new Set(alarmed.map(({ name }) => FAMILY[name]));
  if (inBoth.length === 0 && families.size < 2) return [];
  return alarmed.map((metric) => `${words(metric)}${inBoth.includes(metric) ? ', in both halves of the fleet' : ''}`);
}

function words({ name, unit, champion, challenger, eValue }: ComparedMetric): string {
  const shown = (value: number): string => (unit === 'ms' ? `${value.toPrecision(3)} ms` : `${(value * 100).toFixed(1)} %`);
  return `${name.replace('-', ' ')}: ${shown(challenger.value)} against ${shown(champion.value)} (evidence ${eValue >= 1e6 ? '> 1,000,000' : Math.round(eValue)} : 1)`;
}

function rateMetric(name: ComparedMetric['name'], { champion, challenger }: Arms, hours: readonly number[], pick: (profile: Profile) => Counted): ComparedMetric | null {
  const tests = { all: createSafeTest({ alternative: 'b-worse' }), first: createSafeTest({ alternative: 'b-worse' }), second: createSafeTest({ alternative: 'b-worse' }) };
  const [a, b] = [byBlock(champion, pick), byBlock(challenger, pick)];
  const path = hours.map((hour): ComparedMetric['path'][number] => {
    // A block is an hour of one group of devices: what one tells is learned from before the next is judged.
    for (let group = 0; group < GROUPS; group += 1) {
      const block = { a: a(hour, group), b: b(hour, group) };
      tests.all.add(block);
      tests[inHalf(group, 'first') ? 'first' : 'second'].add(block);
    }
    return { hour: hourText(hour), eValue: capped(tests.all.eValue), halves: [capped(tests.first.eValue), capped(tests.second.eValue)] };
  });
  const rateIn = (profiles: readonly Profile[]): Estimate | null => rateOf(byGroup(profiles, pick), ({ failures }) => failures, (one) => one.n);
  const [before, after] = [rateIn(champion), rateIn(challenger)];
  if (!before || !after) return null;
  const eValue = path.at(-1)?.eValue ?? 1;
  const n = (profiles: readonly Profile[]): number => profiles.reduce((sum, one) => sum + pick(one).n, 0);
  return { name, unit: 'share', champion: before, challenger: after, n: { champion: n(champion), challenger: n(challenger) }, eValue, alarm: eValue >= ALARM && after.value - before.value >= MARGINS.failures, path };
}

function latencyMetric(arms: Arms, hours: readonly number[]): ComparedMetric | null {
  const histogram = ({ latency }: Profile): ArrayLike<number> => latency[TOTAL] ?? [];
  const metric = meanMetric(arms, hours, histogram, meanLogLatency, TAU.latency, 1);
  if (!metric) return null;
  const inMs = ({ value, low, high }: Estimate): Estimate => ({ value: Math.exp(value), low: low === null ? null : Math.exp(low), high: high === null ? null : Math.exp(high) });
  const [champion, challenger] = [inMs(metric.champion), inMs(metric.challenger)];
  return { ...metric, name: 'latency', unit: 'ms', champion, challenger, alarm: metric.eValue >= ALARM && challenger.value >= champion.value * MARGINS.latency };
}

function accuracyMetric(arms: Arms, hours: readonly number[]): ComparedMetric | null {
  const metric = meanMetric(arms, hours, (one) => [correctIn(one), labelledIn(one) - correctIn(one)], (counts) => (counts[0] ?? 0) / total(counts), TAU.accuracy, -1);
  return metric && { ...metric, champion: shareOf(metric.champion, metric.n.champion), challenger: shareOf(metric.challenger, metric.n.challenger), name: 'accuracy', unit: 'share', alarm: metric.eValue >= ALARM && metric.champion.value - metric.challenger.value >= MARGINS.accuracy };
}

/** A mean over the fleet, its variance by groups of devices. Evidence in the good direction (`worse` −1: lower is worse) is none. */
function meanMetric({ champion, challenger }: Arms, hours: readonly number[], counts: (profile: Profile) => ArrayLike<number>, statistic: (counts: ArrayLike<number>) => number, tau: number, worse: 1 | -1): Omit<ComparedMetric, 'name' | 'unit' | 'alarm'> | null {
  const arms = [growing(champion, counts), growing(challenger, counts)] as const;
  const evidence = (half: Half): number => {
    const [a, b] = arms.map(({ groups }) => {
      const counted = groups.filter((one, group) => inHalf(group, half) && total(one) > 0);
      if (counted.length < MIN_GROUPS) return null;
      const observed = counted.reduce((sum, one) => sum + total(one), 0);
      if (observed < MIN_OBSERVED) return null;
      const { estimate, standardError } = groupJackknife(counted, statistic);
      const variance = Math.max(standardError ** 2, LEAST_VARIANCE / Math.sqrt(observed) / GROUPS);
      // As many observations as there are groups, with the variance that makes their mean's what the jackknife found.
      return { n: GROUPS, mean: estimate, variance: variance * GROUPS * FEW_GROUPS };
    });
    if (!a || !b || !((b.mean - a.mean) * worse > 0)) return 1;
    return msprt({ a, b }, tau).eValue;
  };
  const path = hours.map((hour): ComparedMetric['path'][number] => {
    for (const arm of arms) arm.addHour(hour);
    return { hour: hourText(hour), eValue: capped(evidence('all')), halves: [capped(evidence('first')), capped(evidence('second'))] };
  });
  const [before, after] = arms.map(({ groups }): Estimate | null => {
    const counted = groups.filter((one) => total(one) > 0);
    return counted.length === 0 ? null : estimateOf(counted, statistic);
  });
  if (!before || !after) return null;
  const [a, b] = arms.map(({ groups }) => groups.reduce((sum, one) => sum + total(one), 0));
  return { champion: before, challenger: after, n: { champion: a ?? 0, challenger: b ?? 0 }, eValue: path.at(-1)?.eValue ?? 1, path };
}

/** Counts by group of devices up to an hour, which is added to what was before. */
function growing(profiles: readonly Profile[], counts: (profile: Profile) => ArrayLike<number>): { readonly groups: Float64Array[]; addHour(hour: number): void } {
  const byHour = groupBy(profiles, ({ key }) => key.hour);
  const size = profiles[0] ? counts(profiles[0]).length : 0;
  const groups = Array.from({ length: GROUPS }, () => new Float64Array(size));
  return {
    groups,
    addHour(hour) {
      for (const one of byHour.get(hour) ?? []) {
        const [sum, more] = [groups[one.key.group], counts(one)];
        if (!sum) continue;
        for (let i = 0; i < size; i += 1) sum[i] = (sum[i] ?? 0) + (more[i] ?? 0);
      }
    },
  };
}

function byGroup(profiles: readonly Profile[], pick: (profile: Profile) => Counted): Counted[] {
  const block = byBlock(profiles, pick, () => 0);
  return Array.from({ length: GROUPS }, (_, group) => block(0, group));
}

/** What fails in a later hour than it began may be more than began: what is counted of a block is bounded by it. */
function byBlock(profiles: readonly Profile[], pick: (profile: Profile) => Counted, hourOf = ({ key }: Profile): number => key.hour): (hour: number, group: number) => Counted {
  const blocks = new Map<number, Counted>();
  for (const one of profiles) {
    const block = hourOf(one) * GROUPS + one.key.group;
    const [counted, known] = [pick(one), blocks.get(block) ?? NONE];
    blocks.set(block, { n: known.n + counted.n, failures: known.failures + counted.failures });
  }
  return (hour, group) => {
    const { n, failures } = blocks.get(hour * GROUPS + group) ?? NONE;
    return { n, failures: Math.min(n, failures) };
  };
}

function inHalf(group: number, half: Half): boolean {
  return half === 'all' || (group < GROUPS / 2) === (half === 'first');
}

/** JSON has no infinity. */
function capped(eValue: number): number {
  return Math.min(eValue, 1e300);
}
