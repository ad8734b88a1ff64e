import { seededRandom } from '@perigee/profile/analysis';

/** Draws of a simulation. The same seed gives the same draws. */
export interface Random {
  /** From 0, below 1. */
  next(): number;
  chance(probability: number): boolean;
  /** A whole number from 0, below `n`. */
  below(n: number): number;
  normal(): number;
  /** With this mean. */
  exponential(mean: number): number;
  /** An index, by weight. */
  index(weights: readonly number[]): number;
  hex(digits: number): string;
}

export function createRandom(seed: number): Random {
  const next = seededRandom(seed);
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    // Box and Muller (1958).
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    index(weights) {
      let rest = next() * weights.reduce((sum, weight) => sum + weight, 0);
      const found = weights.findIndex((weight) => (rest -= weight) < 0);
      return found < 0 ? weights.length - 1 : found;
    },
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}
