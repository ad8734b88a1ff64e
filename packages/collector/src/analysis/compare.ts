import type { Profile } from '@perigee/profile';
import { COMPARED_FROM_SESSIONS } from '../api.ts';
import type { CompareAnswer } from '../api.ts';
import { groupBy } from './group-by.ts';
import { growingMetric } from './growing-metric.ts';
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
  readonly champion: readonly Profile[];
  readonly challenger: readonly Profile[];
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
): Pick<CompareAnswer, 'metrics' | 'sampleRatio' | 'verdict' | 'reasons'> {
  const { metrics, harm, sessions } = compareHours(arms);
  return {
    metrics,
    sampleRatio: sampleRatio(arms, expectedShare, shareSinceHour),
    verdict: harm ? 'harm' : withoutHarm(sessions.challenger),
    reasons: harm?.reasons ?? [],
  };
}

/**
 * Compares hour by hour. Evidence of harm is final: later hours, whoever sends them, cannot revoke
 * it.
 */
export function compareHours({ champion, challenger }: Arms): {
  readonly metrics: CompareAnswer['metrics'];
  readonly harm: Harm | null;
  readonly sessions: { readonly champion: number; readonly challenger: number };
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
  return { metrics: growing.flatMap((metric) => metric.answer() ?? []), harm, sessions };
}

function withoutHarm(sessions: number): CompareAnswer['verdict'] {
  return sessions < COMPARED_FROM_SESSIONS ? 'too-little-data' : 'no-harm-seen';
}

function started(profiles: readonly Profile[]): number {
  return profiles.reduce((sum, { sessions }) => sum + sessions.started, 0);
}

function byHour(profiles: readonly Profile[]): Map<number, Profile[]> {
  return groupBy(profiles, ({ key }) => key.hour);
}
