import { ProfileError } from '../error.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import { normalQuantile, normalSurvival } from './normal-distribution.ts';

/**
 * Quantiles that were found, by p and whole degrees of freedom. Analysis asks for the same few of
 * them again and again, and each takes a bisection.
 */
const FOUND = new Map<string, number>();
const MAX_FOUND = 1_000;

/**
 * P(T ≥ t) of Student's t: ½ I_x(df/2, ½) with x = df/(df + t²) for t ≥ 0
 * (https://dlmf.nist.gov/8.17). Accurate to a relative 1e-10 up to a million degrees of freedom.
 * @param df degrees of freedom, above zero, not necessarily whole; Infinity gives the normal
 * distribution
 * @throws ProfileError INVALID_INPUT for NaN, or a df that is not above zero
 * @example
 * ```ts
 * studentSurvival(2.131, 15); // 0.025
 * ```
 */
export function studentSurvival(t: number, df: number): number {
  checkDegrees(df);
  if (Number.isNaN(t))
    throw new ProfileError('INVALID_INPUT', "A value of Student's t must be a number; got NaN.");
  if (df === Infinity) return normalSurvival(t);
  const tail = outside(Math.abs(t), df);
  return t < 0 ? 1 - tail : tail;
}

/**
 * The t with P(T ≤ t) = p for Student's t, by bisection; accurate to a relative 1e-10.
 * @param df degrees of freedom, as for `studentSurvival()`
 * @throws ProfileError INVALID_INPUT for a p outside [0, 1], or a df that is not above zero
 * @example
 * ```ts
 * studentQuantile(0.975, 15); // 2.13
 * ```
 */
export function studentQuantile(p: number, df: number): number {
  checkDegrees(df);
  if (!(p >= 0 && p <= 1))
    throw new ProfileError('INVALID_INPUT', `A probability must be from 0 to 1; got ${p}.`);
  if (df === Infinity) return normalQuantile(p);
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p === 0.5) return 0;
  if (!Number.isInteger(df)) return findQuantile(p, df);
  const key = `${p} ${df}`;
  const known = FOUND.get(key);
  if (known !== undefined) return known;
  if (FOUND.size === MAX_FOUND) FOUND.clear();
  const found = findQuantile(p, df);
  FOUND.set(key, found);
  return found;
}

function findQuantile(p: number, df: number): number {
  const tail = Math.min(p, 1 - p);
  // Near the median the tail hardly depends on t, so compare the distance of p from ½ instead.
  const below =
    tail < 0.25
      ? (t: number) => outside(t, df) > tail
      : (t: number) => between(t, df) < Math.abs(p - 0.5);
  let low = 0;
  let high = 1;
  while (high < Infinity && below(high)) [low, high] = [high, 2 * high];
  for (let i = 0; i < 1_100 && high - low > 1e-14 * high; i += 1) {
    const middle = low + (high - low) / 2;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return p < 0.5 ? -high : high;
}

/** P(T ≥ t), t ≥ 0. */
function outside(t: number, df: number): number {
  return incompleteBeta(df / 2, 0.5, ...split(t, df)) / 2;
}

/** P(0 ≤ T ≤ t). */
function between(t: number, df: number): number {
  const [x, y] = split(t, df);
  return incompleteBeta(0.5, df / 2, y, x) / 2;
}

/** df/(df + t²) and t²/(df + t²). Neither is computed from the other, which would lose digits. */
function split(t: number, df: number): readonly [x: number, y: number] {
  const r = t / Math.sqrt(df);
  return [1 / (1 + r * r), 1 / (1 + 1 / (r * r))];
}

function checkDegrees(df: number): void {
  if (!(df > 0))
    throw new ProfileError('INVALID_INPUT', `Degrees of freedom must be above zero; got ${df}.`);
}
