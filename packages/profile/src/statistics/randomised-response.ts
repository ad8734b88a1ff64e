import { ProfileError } from '../error.ts';
import { sum } from './shares.ts';

/** Answers of which no single one can be believed, and their shares nevertheless. */
export interface RandomisedResponse {
  /** Chance that an answer is the true value: e^ε/(e^ε + k − 1). */
  readonly keepProbability: number;
  /**
   * The value, or any other one equally likely.
   * @param value 0 to k − 1   @param random numbers from 0 to below 1; on a device from a cryptographic source, or the answer protects nobody
   */
  answer(value: number, random: () => number): number;
  /**
   * Shares of the true values, (y/n − q)/(p − q) for p the chance of the true value and q that of each other: unbiased and of sum one, and for
   * rare values below zero by chance; put those at zero before measuring drift. All zero without answers.
   * @param counts answers by value
   */
  estimate(counts: ArrayLike<number>): Float64Array;
}

/**
 * k-ary randomised response with local differential privacy ε (Kairouz, Bonawitz and Ramage, 2016): whatever one device answers, no true value
 * makes that more than e^ε times likelier than another. Shares of nearly equal values are as uncertain as those of n (p − q)² answers without
 * noise, so that PSI without drift is about (k − 1)/(n (p − q)²): 0.0011 for k = 32, ε = 2 and a million answers.
 * @param k possible values   @param epsilon of one answer; answers of one device add up
 */
export function randomisedResponse(k: number, epsilon: number): RandomisedResponse {
  if (!(Number.isInteger(k) && k >= 2)) throw new ProfileError('INVALID_INPUT', `Randomised response needs two values or more; got ${k}.`);
  if (!(epsilon > 0 && epsilon < Infinity)) throw new ProfileError('INVALID_INPUT', `ε must be a number above zero; got ${epsilon}.`);
  // e^-ε, because e^ε overflows.
  const keepProbability = 1 / (1 + (k - 1) * Math.exp(-epsilon));
  const other = (1 - keepProbability) / (k - 1);
  return {
    keepProbability,
    answer(value, random) {
      if (!(Number.isInteger(value) && value >= 0 && value < k)) throw new ProfileError('INVALID_INPUT', `A value must be a whole number from 0 to ${k - 1}; got ${value}.`);
      if (random() < keepProbability) return value;
      const drawn = Math.floor(random() * (k - 1));
      return drawn < value ? drawn : drawn + 1;
    },
    estimate(counts) {
      if (counts.length !== k) throw new ProfileError('INVALID_INPUT', `Answers have ${k} values; got counts of ${counts.length}.`);
      const wrong = Array.from(counts).find((count) => !(Number.isFinite(count) && count >= 0));
      if (wrong !== undefined) throw new ProfileError('INVALID_INPUT', `Counts of answers must be zero or above; got ${wrong}.`);
      const n = sum(counts);
      return Float64Array.from(counts, (count) => (n === 0 ? 0 : (count / n - other) / (keepProbability - other)));
    },
  };
}
