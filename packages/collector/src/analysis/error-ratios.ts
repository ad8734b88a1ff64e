import type { Estimate } from '../api.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { estimateOf } from './estimate.ts';
import { GROUPS } from './groups.ts';

/** Current errors of a regression divided by earlier ones; above 1, errors have grown. */
export interface ErrorRatios {
  /** Ratio of the root mean squared errors. */
  readonly rmse: Estimate;
  readonly mae: Estimate;
  /** Labelled predictions on the side with fewer. */
  readonly groundTruths: number;
}

/** Numbers per hour: count and error sum of each side. */
const WIDTH = 4;

/**
 * Compares errors within each hour, since some hours of the day are harder than others, and forms
 * one ratio over all hours. Its interval is a jackknife over device groups. Null unless both sides
 * have feedback.
 */
export function errorRatios(
  before: readonly ComparedCounts[],
  now: readonly ComparedCounts[],
): ErrorRatios | null {
  const groundTruths = Math.min(groundTruthsIn(before), groundTruthsIn(now));
  if (groundTruths === 0) return null;
  const ratioOf = (error: (counts: ComparedCounts) => number): Estimate =>
    estimateOf(byGroup(before, now, error), ratio);
  const rmse = ratioOf(({ squaredErrors }) => squaredErrors);
  const root = (value: number | null): number | null =>
    value === null ? null : Math.sqrt(Math.max(0, value));
  return {
    rmse: { value: Math.sqrt(rmse.value), low: root(rmse.low), high: root(rmse.high) },
    mae: ratioOf(({ errorsOver, errorsUnder }) => errorsOver + errorsUnder),
    groundTruths,
  };
}

function groundTruthsIn(counts: readonly ComparedCounts[]): number {
  return counts.reduce((sum, { truths }) => sum + truths, 0);
}

function byGroup(
  before: readonly ComparedCounts[],
  now: readonly ComparedCounts[],
  error: (counts: ComparedCounts) => number,
): Float64Array[] {
  const hours = [...new Set(now.map(({ key }) => key.hour))];
  const groups = Array.from({ length: GROUPS }, () => new Float64Array(hours.length * WIDTH));
  for (const [side, counts] of [before, now].entries()) {
    for (const one of counts) {
      const [group, at] = [groups[one.key.group], hours.indexOf(one.key.hour) * WIDTH + side * 2];
      if (!group || at < 0) continue;
      group[at] = (group[at] ?? 0) + one.truths;
      group[at + 1] = (group[at + 1] ?? 0) + error(one);
    }
  }
  return groups;
}

/**
 * Current errors divided by the earlier errors, reweighted to the current number of labels per
 * hour. Hours with data on one side only are excluded.
 */
function ratio(counts: Float64Array): number {
  let [expected, found] = [0, 0];
  for (let i = 0; i < counts.length; i += WIDTH) {
    const [n = 0, error = 0, nowN = 0, nowError = 0] = counts.subarray(i, i + WIDTH);
    if (n === 0 || nowN === 0) continue;
    expected += (error / n) * nowN;
    found += nowError;
  }
  // 0 ÷ 0 counts as "unchanged" (1).
  if (found === 0) return expected === 0 ? 1 : 0;
  return expected === 0 ? Number.MAX_VALUE : found / expected;
}
