import { ProfileError } from '../error.ts';
import { fisherSurvival } from './f-distribution.ts';
import { checkGroups, total } from './jackknife.ts';
import { checkSameBins, shares, sum } from './shares.ts';

/** All NaN where fewer than two groups have counts. */
export interface RaoScott {
  /** Chi-square of the two samples, scaled so that on average it is its degrees of freedom. */
  readonly statistic: number;
  /** Not a whole number: cells less one, and fewer the more unequally the rows of a device depend on each other. */
  readonly degreesOfFreedom: number;
  readonly pValue: number;
  /** How many times larger than of independent rows the variance of the current shares is, on average over the cells. */
  readonly designEffect: number;
  /** Independent rows that would tell as much as the current ones: never more than there are. */
  readonly effectiveN: number;
}

/** Rows a cell must be expected to have in the smaller sample; smaller ones are counted as one. */
const SMALLEST_CELL = 5;

/**
 * Chi-square of current counts by group of devices against a reference sample of independent rows, where rows of one device are not (Rao and
 * Scott's second-order correction, Annals of Statistics 12, 1984). With P = diag π − π πᵀ of the pooled shares, e = 1/n + 1/m and V the
 * covariance of the difference of shares, M = (P e)⁻¹ V: X² · tr M / tr M² has ν = (tr M)² / tr M² degrees of freedom. V is the jackknife's
 * over G groups, so tr M² is estimated without the bias of its G − 1 degrees of freedom, and the tail is that of F(ν, ν (G − 1)), as in
 * Thomas and Rao (1987): with two cells this is the t test over groups.
 * @param reference counts by bin   @param groups current counts by bin, of each group
 */
export function raoScott(reference: ArrayLike<number>, groups: readonly ArrayLike<number>[]): RaoScott {
  checkCounts(reference, groups);
  const current = total(groups, reference.length);
  const [m, n] = [sum(reference), sum(current)];
  const cellOf = mergedCells(reference, current);
  const cells = Math.max(0, ...cellOf) + 1;
  const merged = [reference, ...groups.filter((group) => sum(group) > 0)].map((counts) => merge(counts, cellOf, cells));
  const [r = new Float64Array(cells), ...g] = merged;
  if (n === 0 || cells < 2) return { statistic: 0, degreesOfFreedom: 0, pValue: 1, designEffect: 1, effectiveN: n };
  if (g.length < 2) return { statistic: Number.NaN, degreesOfFreedom: Number.NaN, pValue: Number.NaN, designEffect: Number.NaN, effectiveN: Number.NaN };

  const pooled = shares(total(merged, cells));
  const { trace, square } = tracesOfVariance(g, pooled);
  const designEffect = (trace * n) / (cells - 1);
  const effectiveN = n / Math.max(1, designEffect);
  if (m === 0) return { statistic: 0, degreesOfFreedom: 0, pValue: 1, designEffect, effectiveN };

  // The reference adds its own variance, P/m: 1/m in each of the cells − 1 directions.
  const e = 1 / n + 1 / m;
  const [p, q] = [shares(r), shares(total(g, cells))];
  const chiSquare = pooled.reduce((x, share, i) => x + ((q[i] ?? 0) - (p[i] ?? 0)) ** 2 / share, 0) / e;
  const m1 = (trace + (cells - 1) / m) / e;
  const m2 = (square + (2 * trace) / m + (cells - 1) / (m * m)) / (e * e);
  const degreesOfFreedom = Math.min(cells - 1, Math.max(1, (m1 * m1) / m2));
  const statistic = (chiSquare * degreesOfFreedom) / m1;
  return { statistic, degreesOfFreedom, pValue: fisherSurvival(statistic / degreesOfFreedom, degreesOfFreedom, degreesOfFreedom * (g.length - 1)), designEffect, effectiveN };
}

/**
 * tr P⁻¹V and tr (P⁻¹V)² for V the jackknife covariance of the groups' shares. diag(1/π) does for P⁻¹, because the rows of V sum to zero; and
 * as V = (G − 1)/G Σ d dᵀ, both follow from the G × G products dᵀ diag(1/π) d, however many cells there are.
 */
function tracesOfVariance(groups: readonly Float64Array[], pooled: Float64Array): { trace: number; square: number } {
  const size = groups.length;
  const without = groups.map((_, left) => shares(total(groups.filter((_group, g) => g !== left), pooled.length)));
  const mean = total(without, pooled.length).map((value) => value / size);
  const deviations = without.map((q) => q.map((share, i) => (share - (mean[i] ?? 0)) / Math.sqrt(pooled[i] ?? 1)));
  const product = (a: Float64Array, b: Float64Array): number => a.reduce((dot, value, i) => dot + value * (b[i] ?? 0), 0);
  let trace = 0;
  let raw = 0;
  for (const a of deviations) {
    trace += product(a, a);
    for (const b of deviations) raw += product(a, b) ** 2;
  }
  trace *= (size - 1) / size;
  raw *= ((size - 1) / size) ** 2;
  return { trace, square: unbiasedSquare(trace, raw, size - 1, pooled.length - 1) };
}

/** tr (P⁻¹V)² from that of a V estimated with few degrees of freedom, which is too large by (tr P⁻¹V)²/df (Srivastava 2005), within what is possible. */
function unbiasedSquare(trace: number, raw: number, df: number, rank: number): number {
  const unbiased = df > 1 ? ((df * df) / ((df - 1) * (df + 2))) * (raw - (trace * trace) / df) : raw;
  return Math.min(trace * trace, Math.max((trace * trace) / rank, unbiased));
}

function checkCounts(reference: ArrayLike<number>, groups: readonly ArrayLike<number>[]): void {
  checkGroups([reference]);
  checkGroups(groups);
  if (groups[0]) checkSameBins(reference, groups[0]);
  for (const counts of [reference, ...groups]) {
    const wrong = Array.from(counts).find((count) => count < 0);
    if (wrong !== undefined) throw new ProfileError('INVALID_INPUT', `Counts cannot be below zero; got ${wrong}.`);
  }
}

/** The cell of each bin: its own, or the common one of those that are too small. */
function mergedCells(reference: ArrayLike<number>, current: ArrayLike<number>): number[] {
  const [m, n] = [sum(reference), sum(current)];
  const smaller = m === 0 ? n : Math.min(m, n);
  const expected = Array.from(reference, (count, i) => ((count + (current[i] ?? 0)) / (m + n)) * smaller);
  const byRest = expected.map((_, i) => i).toSorted((a, b) => (expected[a] ?? 0) - (expected[b] ?? 0));
  let rest = 0;
  let taken = 0;
  while (taken < byRest.length && ((expected[byRest[taken] ?? 0] ?? 0) < SMALLEST_CELL || (rest > 0 && rest < SMALLEST_CELL))) {
    rest += expected[byRest[taken] ?? 0] ?? 0;
    taken += 1;
  }
  // What holds nothing at all is no cell; it may go anywhere.
  const offset = rest > 0 ? 1 : 0;
  const cellOf = expected.map(() => 0);
  byRest.slice(taken).forEach((bin, k) => (cellOf[bin] = k + offset));
  return cellOf;
}

function merge(counts: ArrayLike<number>, cellOf: readonly number[], cells: number): Float64Array {
  const merged = new Float64Array(cells);
  for (let i = 0; i < counts.length; i += 1) merged[cellOf[i] ?? 0] = (merged[cellOf[i] ?? 0] ?? 0) + (counts[i] ?? 0);
  return merged;
}
