import { ProfileError } from '../error.ts';
import { sum } from './shares.ts';

/**
 * A scheme in which no single answer reveals the true value, but the shares of all values can be
 * estimated.
 */
export interface RandomisedResponse {
  /** Probability that an answer is the true value: e^ε/(e^ε + k − 1). */
  readonly keepProbability: number;
  /**
   * Returns the value, or another value; all others are equally likely.
   * @param value 0 to k − 1
   * @param random numbers in [0, 1); on a device from a cryptographic source, or the answer
   * protects nobody
   */
  answer(value: number, random: () => number): number;
  /**
   * Estimated shares of the true values, (y/n − q)/(p − q), where p is the probability of the true
   * value and q that of each other value. They are unbiased and sum to one. Rare values may be
   * below zero by chance; set those to zero before measuring drift. All are zero without answers.
   * @param counts answers by value
   */
  estimate(counts: ArrayLike<number>): Float64Array;
}

/**
 * k-ary randomised response with local differential privacy ε (P. Kairouz, K. Bonawitz and D.
 * Ramage, 2016, https://arxiv.org/abs/1602.07387). For any answer of a device, no true value makes
 * it more than e^ε times likelier than another. Shares of nearly equal values are as uncertain as
 * those of n (p − q)² answers without noise. PSI without drift is therefore about (k − 1)/(n (p −
 * q)²): 0.0011 for k = 32, ε = 2 and a million answers.
 * @param k number of possible values
 * @param epsilon of one answer; the ε of several answers of one device add up
 * @throws ProfileError INVALID_INPUT for k below 2 or ε that is not above zero
 * @example
 * ```ts
 * const scheme = randomisedResponse(4, 2);
 * const answer = scheme.answer(3, random);
 * const shares = scheme.estimate([250, 240, 260, 250]);
 * ```
 */
export function randomisedResponse(k: number, epsilon: number): RandomisedResponse {
  if (!(Number.isInteger(k) && k >= 2))
    throw new ProfileError(
      'INVALID_INPUT',
      `Randomised response needs two values or more; got ${k}.`,
    );
  if (!(epsilon > 0 && epsilon < Infinity))
    throw new ProfileError('INVALID_INPUT', `ε must be a number above zero; got ${epsilon}.`);
  // Use e^-ε, because e^ε overflows.
  const keepProbability = 1 / (1 + (k - 1) * Math.exp(-epsilon));
  const other = (1 - keepProbability) / (k - 1);
  return {
    keepProbability,
    answer(value, random) {
      if (!(Number.isInteger(value) && value >= 0 && value < k))
        throw new ProfileError(
          'INVALID_INPUT',
          `A value must be a whole number from 0 to ${k - 1}; got ${value}.`,
        );
      if (random() < keepProbability) return value;
      const drawn = Math.floor(random() * (k - 1));
      return drawn < value ? drawn : drawn + 1;
    },
    estimate(counts) {
      if (counts.length !== k)
        throw new ProfileError(
          'INVALID_INPUT',
          `Answers have ${k} values; got counts of ${counts.length}.`,
        );
      const wrong = Array.from(counts).find((count) => !(Number.isFinite(count) && count >= 0));
      if (wrong !== undefined)
        throw new ProfileError(
          'INVALID_INPUT',
          `Counts of answers must be zero or above; got ${wrong}.`,
        );
      const n = sum(counts);
      return Float64Array.from(counts, (count) =>
        n === 0 ? 0 : (count / n - other) / (keepProbability - other),
      );
    },
  };
}
