import { shares } from '@perigee/profile/analysis';
import type { Shift } from '../alerts/facts.ts';
import type { JudgedFeature } from './drift.ts';

/** Values beyond this share of the reference are beyond almost all of it. */
const TAIL = 0.05;
/** A tail is worth naming when at least this share of the values is in it. */
const NOTABLE = 0.1;
/** The larger of two opposite differences decides the direction if it is this much larger. */
const CLEARLY = 2;

/** The shift of a feature away from its baseline, for a sentence about it. */
export function shiftOf({ kind, evidence: { base, current, labels } }: JudgedFeature): Shift {
  const [before, now] = [[...shares(base)], [...shares(current)]];
  if (kind === 'categorical') return categoryShift(before, now, labels);
  const [below, belowNow] = [cumulated(before), cumulated(now)];
  const fell = belowNow.map((share, i) => share - (below[i] ?? 0));
  const down = Math.max(...fell);
  const up = -Math.min(...fell);
  if (up >= CLEARLY * down) {
    const above = below.map((share) => 1 - share);
    const aboveNow = belowNow.map((share) => 1 - share);
    return { kind: 'up', ...cut(above, aboveNow) };
  }
  if (down >= CLEARLY * up) return { kind: 'down', ...cut(below, belowNow) };
  return spread(below, belowNow);
}

function categoryShift(
  before: readonly number[],
  now: readonly number[],
  labels: readonly string[],
): Shift {
  const gains = now.map((share, i) => share - (before[i] ?? 0));
  const most = gains.indexOf(Math.max(...gains));
  return {
    kind: 'category',
    word: labels[most] ?? '',
    share: now[most] ?? 0,
    usual: before[most] ?? 0,
  };
}

/** Share up to the end of each bin but the last. */
function cumulated(bins: readonly number[]): number[] {
  let sum = 0;
  return bins.slice(0, -1).map((share) => (sum += share));
}

/**
 * The limit that shows a shift best: one beyond which almost nothing of the reference is, if enough
 * values are there now; otherwise the one with the largest difference.
 */
function cut(
  usual: readonly number[],
  now: readonly number[],
): { readonly share: number; readonly usual: number } {
  const all = usual.map((share, i) => ({ usual: share, share: now[i] ?? 0 }));
  const tail = all
    .filter((one) => one.usual <= TAIL)
    .reduce((best, one) => (one.share > best.share ? one : best), { usual: 0, share: 0 });
  if (tail.share >= NOTABLE) return tail;
  return all.reduce(
    (best, one) => (one.share - one.usual > best.share - best.usual ? one : best),
    tail,
  );
}

/** Both tails grew, or both shrank: the share outside the middle nine tenths of the reference. */
function spread(below: readonly number[], belowNow: readonly number[]): Shift {
  const lowest = below.findLastIndex((share) => share <= TAIL);
  const highest = below.findIndex((share) => 1 - share <= TAIL);
  const outside = (sums: readonly number[]): number =>
    (lowest < 0 ? 0 : (sums[lowest] ?? 0)) + (highest < 0 ? 0 : 1 - (sums[highest] ?? 1));
  const [usual, share] = [outside(below), outside(belowNow)];
  if (share >= usual) return { kind: 'wider', share, usual };
  const [low, high] = [
    below.findIndex((sum) => sum >= 0.25),
    below.findIndex((sum) => sum >= 0.75),
  ];
  const within = (sums: readonly number[]): number => (sums[high] ?? 1) - (sums[low] ?? 0);
  return { kind: 'narrower', share: within(belowNow), usual: within(below) };
}
