import { COMPARED_FROM_SESSIONS } from '../api.ts';
import type { CompareAnswer, Shortfall } from '../api.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { groupBy } from './group-by.ts';
import { growingMetric } from './growing-metric.ts';
import type { Basis } from './growing-metric.ts';
import { MIN_GROUPS } from './groups.ts';
import { harmIn } from './harm.ts';
import { METRICS } from './metrics.ts';
import { sampleRatio } from './sample-ratio.ts';

/**
 * With fewer sessions of either version there is no verdict of harm: a few devices could cause any
 * evidence.
 */
const MIN_HARM_SESSIONS = 10;

/** Sums of both versions by group and hour, over the same hours. */
export interface Arms {
  readonly champion: readonly ComparedCounts[];
  readonly challenger: readonly ComparedCounts[];
}

/** The first hour with evidence of harm, and the reasons at that hour. */
export interface Harm {
  readonly hour: number;
  readonly reasons: readonly string[];
}

/**
 * Tests whether the challenger is worse. Each metric is an e-process, so the test may be evaluated
 * every hour.
 */
export function compareVersions(
  arms: Arms,
  expectedShare: number | null,
  shareSinceHour = 0,
): Compared {
  const { metrics, harm, basis } = compareHours(arms);
  const shortfall = harm ? null : shortfallIn(basis);
  return {
    metrics,
    sampleRatio: sampleRatio(arms, expectedShare, shareSinceHour),
    verdict: harm ? 'harm' : shortfall ? 'too-little-data' : 'no-harm-seen',
    shortfall,
    reasons: harm?.reasons ?? [],
  };
}

export interface Compared extends Pick<
  CompareAnswer,
  'metrics' | 'sampleRatio' | 'verdict' | 'reasons'
> {
  readonly shortfall: (Shortfall & { readonly arm: keyof Arms }) | null;
}

/**
 * Compares hour by hour. Evidence of harm is final: later hours, whoever sends them, cannot revoke
 * it.
 */
export function compareHours({ champion, challenger }: Arms): {
  readonly metrics: CompareAnswer['metrics'];
  readonly harm: Harm | null;
  /** The sessions of both versions in the same hours and device groups. */
  readonly basis: Basis;
} {
  const [before, after] = [byHour(champion), byHour(challenger)];
  const hours = [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => a - b);
  const growing = METRICS.map(growingMetric);
  const sessions = { champion: 0, challenger: 0 };
  let harm: Harm | null = null;
  for (const hour of hours) {
    const [a, b] = [before.get(hour) ?? [], after.get(hour) ?? []];
    for (const metric of growing) metric.addHour(hour, a, b);
    sessions.champion += started(a);
    sessions.challenger += started(b);
    if (harm || Math.min(sessions.champion, sessions.challenger) < MIN_HARM_SESSIONS) continue;
    const reasons = harmIn(growing);
    if (reasons.length > 0) harm = { hour, reasons };
  }
  const bySessions = growing.find(({ name }) => name === 'degraded-sessions');
  const basis = bySessions?.basis() ?? { groups: 0, units: { champion: 0, challenger: 0 } };
  return { metrics: growing.flatMap((metric) => metric.answer() ?? []), harm, basis };
}

/**
 * The counts that are missing to say that no harm was seen. Only hours and groups with both
 * versions are evidence.
 */
function shortfallIn({ groups, units }: Basis): Compared['shortfall'] {
  const arm = units.challenger <= units.champion ? 'challenger' : 'champion';
  if (units[arm] < COMPARED_FROM_SESSIONS)
    return { of: 'sessions', counted: units[arm], needed: COMPARED_FROM_SESSIONS, arm };
  return groups < MIN_GROUPS
    ? { of: 'device groups', counted: groups, needed: MIN_GROUPS, arm }
    : null;
}

function started(counts: readonly ComparedCounts[]): number {
  return counts.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
}

function byHour(counts: readonly ComparedCounts[]): Map<number, ComparedCounts[]> {
  return groupBy(counts, ({ key }) => key.hour);
}
