import { groupJackknifeRatio, msprt } from '@perigee/profile/analysis';
import type { CompareAnswer, Shortfall } from '../api.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { GROUPS, MIN_GROUPS } from './groups.ts';
import type { Arms } from './compare.ts';
import { normalDeviate } from './stratified.ts';
import { sum } from '../sum.ts';

const MIN_SESSIONS = 500;
/** Size of the deviation to detect, relative to the share of the smaller arm. */
const DEVIATION = 0.2;

/**
 * Share of the challenger among the sessions of both versions since the share last changed. A
 * device stays in the arm it was assigned to, so device groups are the independent unit. The test
 * is evaluated every hour: the p-value is 1 ÷ an e-value, which is valid for all evaluations
 * together.
 */
export function sampleRatio(
  { champion, challenger }: Arms,
  expected: number | null,
  sinceHour: number,
): CompareAnswer['sampleRatio'] {
  const [a, b] = [sessionsByGroup(champion, sinceHour), sessionsByGroup(challenger, sinceHour)];
  const both = a.map((count, group) => count + (b[group] ?? 0));
  const n = sum(both);
  if (n === 0) {
    const all = sessionsOf(sessionsByGroup(champion, 0), sessionsByGroup(challenger, 0));
    return { observed: null, expected, pValue: null, sessions: all, shortfall: null };
  }
  const sessions = sessionsOf(a, b);
  const { estimate, standardError, degreesOfFreedom } = groupJackknifeRatio(b, both);
  const isAsked = expected !== null && expected > 0 && expected < 1;
  const shortfall = isAsked ? shortfallOf(n, degreesOfFreedom + 1) : null;
  if (!isAsked || shortfall !== null || !(standardError > 0))
    return { observed: estimate, expected, pValue: null, sessions, shortfall };
  const off = estimate - expected;
  const z = normalDeviate(off / standardError, degreesOfFreedom);
  const variance = z === 0 ? standardError ** 2 : (off / z) ** 2;
  const size = DEVIATION * Math.min(expected, 1 - expected);
  const arm = (mean: number) => ({ n: 2, mean, variance });
  const { pValue } = msprt({ a: arm(0), b: arm(off) }, size);
  return { observed: estimate, expected, pValue, sessions, shortfall: null };
}

function sessionsOf(
  champion: Float64Array,
  challenger: Float64Array,
): CompareAnswer['sampleRatio']['sessions'] {
  return { champion: sum(champion), challenger: sum(challenger) };
}

function shortfallOf(sessions: number, groups: number): Shortfall | null {
  if (sessions < MIN_SESSIONS) return { of: 'sessions', counted: sessions, needed: MIN_SESSIONS };
  return groups < MIN_GROUPS ? { of: 'device groups', counted: groups, needed: MIN_GROUPS } : null;
}

function sessionsByGroup(counts: readonly ComparedCounts[], sinceHour: number): Float64Array {
  const sums = new Float64Array(GROUPS);
  for (const { key, sessionsStarted } of counts) {
    if (key.hour >= sinceHour) sums[key.group] = (sums[key.group] ?? 0) + sessionsStarted;
  }
  return sums;
}
