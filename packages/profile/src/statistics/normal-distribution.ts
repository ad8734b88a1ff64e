import { ProfileError } from '../error.ts';
import { chiSquareSurvival } from './chi-square-distribution.ts';

/**
 * P(Z ≥ z) of the standard normal distribution: half of a chi-square tail with one degree of
 * freedom. Accurate to a relative 1e-12, also far out in the tail.
 * @throws ProfileError INVALID_INPUT for NaN
 * @example
 * ```ts
 * normalSurvival(1.96); // 0.025
 * ```
 */
export function normalSurvival(z: number): number {
  if (Number.isNaN(z))
    throw new ProfileError('INVALID_INPUT', 'A normal deviate must be a number; got NaN.');
  const tail = Math.abs(z) > 40 ? 0 : chiSquareSurvival(z * z, 1) / 2;
  return z < 0 ? 1 - tail : tail;
}

/** Numerators and denominators of Wichura's three regions, lowest power first. */
const CENTRE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852546,
  ],
] as const;
const MIDDLE = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;
const FAR = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;

/**
 * The z with P(Z ≤ z) = p. It is a rational approximation, accurate to a relative 1e-15 (M. J.
 * Wichura, Algorithm AS 241, 1988, https://doi.org/10.2307/2347330).
 * @throws ProfileError INVALID_INPUT for a p outside [0, 1]
 * @example
 * ```ts
 * normalQuantile(0.975); // 1.96
 * ```
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1))
    throw new ProfileError('INVALID_INPUT', `A probability must be from 0 to 1; got ${p}.`);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const tail = q < 0 ? p : 1 - p;
  if (tail === 0) return q < 0 ? -Infinity : Infinity;
  const r = Math.sqrt(-Math.log(tail));
  return Math.sign(q) * (r <= 5 ? ratio(MIDDLE, r - 1.6) : ratio(FAR, r - 5));
}

function ratio([above, below]: readonly [readonly number[], readonly number[]], x: number): number {
  const value = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((total, coefficient) => total * x + coefficient, 0);
  return value(above) / value(below);
}
