// Tells whether other programs spoiled a section: the raw side computes the same each time, so its
// times spread only if the machine was busy. A spoiled section is measured again.
import { quantile } from './format.mjs';

/** @typedef {import('./types.d.ts').Spread} Spread */

/** A larger spread spoils a section. Ratios of medians still hold a few percent below it. */
const LIMIT = 0.3;
const ATTEMPTS = 3;
/** Browsers round shorter times too coarsely for a spread. */
const COARSE_MS = 1;

/**
 * The widest interquartile range of a raw side's times, as a share of their median; null without
 * any.
 * @param {ReadonlyMap<string, readonly number[]>} controls
 * @returns {Spread | null}
 */
export function widest(controls) {
  const spreads = [...controls]
    .filter(([, times]) => times.length > 2 && quantile(times, 0.5) >= COARSE_MS)
    .map(([label, times]) => ({
      label,
      share: (quantile(times, 0.75) - quantile(times, 0.25)) / quantile(times, 0.5),
    }));
  return spreads.sort((a, b) => b.share - a.share)[0] ?? null;
}

/** @param {Spread | null | undefined} spread */
export const isSpoiled = (spread) => (spread?.share ?? 0) > LIMIT;

/**
 * Measures up to three times, until a measurement is not spoiled. Resolves to the one with the
 * smallest spread.
 * @template {{ readonly spread: Spread | null }} Measured
 * @param {() => Promise<Measured>} measure
 * @param {number} [attempts]
 * @returns {Promise<Measured>}
 */
export async function unspoiled(measure, attempts = ATTEMPTS) {
  const measured = await measure();
  if (!isSpoiled(measured.spread) || attempts <= 1) return measured;
  const again = await unspoiled(measure, attempts - 1);
  return (again.spread?.share ?? 0) < (measured.spread?.share ?? 0) ? again : measured;
}
