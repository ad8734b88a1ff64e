import { ProfileError } from '../error.ts';
import { chiSquareSurvival } from './chi-square-distribution.ts';
import { sum } from './shares.ts';

export interface SampleRatio {
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Tests whether each arm has as many devices as were assigned to it: Pearson's Σ (O − E)²/E, with
 * one degree of freedom fewer than arms. A mismatch makes every comparison of the arms doubtful.
 * Often one of the arms loses its reports.
 * @param observed devices or sessions of each arm
 * @param expectedShares of each arm; they need not sum to one
 * @throws ProfileError INVALID_INPUT for fewer than two arms, negative counts, or shares that are
 * not above zero
 * @example
 * ```ts
 * sampleRatioMismatch([5_000, 4_700], [1, 1]).pValue; // 0.0023
 * ```
 */
export function sampleRatioMismatch(
  observed: readonly number[],
  expectedShares: readonly number[],
): SampleRatio {
  if (observed.length !== expectedShares.length || observed.length < 2) {
    throw new ProfileError(
      'INVALID_INPUT',
      `Two arms or more need a count and a share each; got ${observed.length} counts and ` +
        `${expectedShares.length} shares.`,
    );
  }
  const badCount = observed.find((count) => !(Number.isFinite(count) && count >= 0));
  if (badCount !== undefined)
    throw new ProfileError(
      'INVALID_INPUT',
      `Observed counts must be zero or above; got ${badCount}.`,
    );
  const badShare = expectedShares.find((share) => !(Number.isFinite(share) && share > 0));
  if (badShare !== undefined)
    throw new ProfileError('INVALID_INPUT', `Expected shares must be above zero; got ${badShare}.`);
  const scale = sum(observed) / sum(expectedShares);
  if (scale === 0) return { statistic: 0, pValue: 1 };
  const statistic = observed.reduce(
    (total, count, i) =>
      total + (count - scale * (expectedShares[i] ?? 0)) ** 2 / (scale * (expectedShares[i] ?? 0)),
    0,
  );
  return { statistic, pValue: chiSquareSurvival(statistic, observed.length - 1) };
}
