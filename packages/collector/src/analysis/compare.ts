import type { Profile } from '@perigee/profile';
import { addProfiles, STAGES } from '@perigee/profile';
import { createSafeTest, groupJackknife, msprt, sampleRatioMismatch } from '@perigee/profile/analysis';
import type { CompareAnswer, ComparedMetric, Estimate } from '../api.ts';
import { estimateOf, rateOf } from './estimate.ts';
import { GROUPS, MIN_GROUPS } from './fleet.ts';
import { meanLogLatency } from './log-latency.ts';
import { correctIn, labelledIn } from './performance.ts';
import { sum as total } from './sum.ts';
import { hourText } from './window.ts';

/** An e-value of 100: at most one in a hundred comparisons of equal versions ever gets there, however often one looks. */
export const ALARM = 100;
/** In each half of the fleet; together they are as much evidence as ALARM, from devices that have nothing to do with each other. */
const HALF_ALARM = 10;
/** Harm smaller than this is not worth taking a release back for, however sure it is. */
const MARGINS = { failures: 0.002, latency: 1.25, accuracy: 0.02 } as const;
/** Of the mixture over possible differences, on the scale of ln(ms) and of shares: about the margin. */
const TAU = { latency: 0.2, accuracy: 0.05 } as const;
/** The normal mixture takes variances for known; those of 16 groups are not. (t₃₀ ÷ z at 99 %)². */
const FEW_GROUPS = 1.14;
const MIN_SESSIONS = 50;
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
export function compareVersions(arms: Arms, expectedShare: number | null): Pick<CompareAnswer, 'metrics' | 'sampleRatio' | 'verdict' | 'reasons'> {
  const hours = [...new Set([...arms.champion, ...arms.challenger].map(({ key }) => key.hour))].toSorted((a, b) => a - b);
  const metrics = [
    rateMetric('failed-sessions', arms, hours, ({ sessions }) => ({ n: sessions.started, failures: Math.min(sessions.started, sessions.failed) })),
    rateMetric('golden-failures', arms, hours, ({ golden }) => ({ n: golden.passed + golden.failed, failures: golden.failed })),
    rateMetric('degraded-sessions', arms, hours, ({ sessions }) => ({ n: sessions.started, failures: Math.min(sessions.started, sessions.degraded) })),
    latencyMetric(arms, hours),
    accuracyMetric(arms, hours),
  ].filter((metric) => metric !== null);
  const sessions = (profiles: readonly Profile[]): number => profiles.reduce((sum, one) => sum + one.sessions.started, 0);
  const [a, b] = [sessions(arms.champion), sessions(arms.challenger)];
  const reasons = harmIn(metrics);
  return {
    metrics,
    sampleRatio: { observed: a + b === 0 ? 0 : b / (a + b), expected: expectedShare, pValue: expectedShare !== null && expectedShare > 0 && expectedShare < 1 && a + b > 0 ? sampleRatioMismatch([a, b], [1 - expectedShare, expectedShare]).pValue : null },
    verdict: reasons.length > 0 ? 'harm' : b < MIN_SESSIONS ? 'too-little-data' : 'no-harm-seen',
    reasons,
  };
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
  const rateIn = (profiles: readonly Profile[]): Estimate | null => rateOf(byGroup(profiles), (one) => pick(one).failures, (one) => pick(one).n);
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
  return metric && { ...metric, name: 'accuracy', unit: 'share', alarm: metric.eValue >= ALARM && metric.champion.value - metric.challenger.value >= MARGINS.accuracy };
}

/** A mean over the fleet, its variance by groups of devices. Evidence in the good direction (`worse` −1: lower is worse) is none. */
function meanMetric({ champion, challenger }: Arms, hours: readonly number[], counts: (profile: Profile) => ArrayLike<number>, statistic: (counts: ArrayLike<number>) => number, tau: number, worse: 1 | -1): Omit<ComparedMetric, 'name' | 'unit' | 'alarm'> | null {
  const evidence = (from: readonly Profile[], to: readonly Profile[]): number => {
    const moments = [from, to].map((profiles) => {
      const groups = byGroup(profiles).map(counts).filter((one) => total(one) > 0);
      if (groups.length < MIN_GROUPS) return null;
      const { estimate, standardError } = groupJackknife(groups, statistic);
      // As many observations as there are groups, with the variance that makes their mean's what the jackknife found.
      return { n: GROUPS, mean: estimate, variance: standardError ** 2 * GROUPS * FEW_GROUPS };
    });
    const [a, b] = moments;
    if (!a || !b || !((b.mean - a.mean) * worse > 0)) return 1;
    return msprt({ a, b }, tau).eValue;
  };
  let best = { all: 1, first: 1, second: 1 };
  const path = hours.map((hour): ComparedMetric['path'][number] => {
    const until = (profiles: readonly Profile[], half: Half): readonly Profile[] => profiles.filter(({ key }) => key.hour <= hour && inHalf(key.group, half));
    best = { all: evidence(until(champion, 'all'), until(challenger, 'all')), first: evidence(until(champion, 'first'), until(challenger, 'first')), second: evidence(until(champion, 'second'), until(challenger, 'second')) };
    return { hour: hourText(hour), eValue: capped(best.all), halves: [capped(best.first), capped(best.second)] };
  });
  const estimate = (profiles: readonly Profile[]): Estimate | null => {
    const groups = byGroup(profiles).map(counts).filter((one) => total(one) > 0);
    return groups.length === 0 ? null : estimateOf(groups, statistic);
  };
  const [before, after] = [estimate(champion), estimate(challenger)];
  if (!before || !after) return null;
  const n = (profiles: readonly Profile[]): number => profiles.reduce((sum, one) => sum + total(counts(one)), 0);
  return { champion: before, challenger: after, n: { champion: n(champion), challenger: n(challenger) }, eValue: path.at(-1)?.eValue ?? 1, path };
}

function byGroup(profiles: readonly Profile[]): Profile[] {
  const sums = new Map<number, Profile>();
  for (const one of profiles) {
    const known = sums.get(one.key.group);
    sums.set(one.key.group, known ? addProfiles(known, one) : one);
  }
  return [...sums.values()];
}

function byBlock(profiles: readonly Profile[], pick: (profile: Profile) => Counted): (hour: number, group: number) => Counted {
  const blocks = new Map<number, Counted>();
  for (const one of profiles) {
    const block = one.key.hour * GROUPS + one.key.group;
    const [counted, known] = [pick(one), blocks.get(block) ?? NONE];
    blocks.set(block, { n: known.n + counted.n, failures: known.failures + counted.failures });
  }
  return (hour, group) => blocks.get(hour * GROUPS + group) ?? NONE;
}

function inHalf(group: number, half: Half): boolean {
  return half === 'all' || (group < GROUPS / 2) === (half === 'first');
}

/** JSON has no infinity. */
function capped(eValue: number): number {
  return Math.min(eValue, 1e300);
}
