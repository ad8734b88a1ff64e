// The distributions of a simulated fleet: bins of features, words, scores, and activity by hour.
import { seededRandom } from '@perigee/profile/analysis';
import { drawNormal } from '../draws.mjs';

/** @typedef {import('../draws.mjs').Random} Random */

export const NUMERIC = 16;
export const CATEGORICAL = 4;
export const FEATURES = NUMERIC + CATEGORICAL;
export const WORDS = [0.35, 0.25, 0.2, 0.12, 0.08];
export const BINS = 32;
/**
 * The first features have other values by day than by night; SEASON_SD is in standard deviations.
 * The reference has all hours, weighted by use.
 */
export const SEASONAL = 4;
const SEASON_SD = 0.2;
/** Precomputed draws of a standard normal, so that a draw is a lookup. */
export const NORMALS = Float64Array.from(
  { length: 65_536 },
  (() => {
    const random = seededRandom(99);
    return () => drawNormal(random);
  })(),
);

/** Bins of equal share of the standard normal, and the median of each. */
export const EDGES = Float64Array.from({ length: BINS - 1 }, (_, i) => quantile((i + 1) / BINS));
const FINE = 1_024;
export const LIMIT = 4;
/** Bin by value, in steps too small to matter. */
const BIN_OF = Uint8Array.from(
  { length: FINE },
  (_, i) => EDGES.findLastIndex((edge) => edge <= -LIMIT + ((i + 0.5) * 2 * LIMIT) / FINE) + 1,
);
export const MIDDLES = Float64Array.from({ length: BINS }, (_, i) => quantile((i + 0.5) / BINS));

/** @param {number} x */
export const binOf = (x) =>
  BIN_OF[Math.max(0, Math.min(FINE - 1, (((x + LIMIT) * FINE) / (2 * LIMIT)) | 0))];

/**
 * Activity by local hour: nearly none at night. Callers halve it at the weekend.
 * @param {number} local
 */
export function activityAt(local) {
  return Math.max(0.02, 1 + Math.sin((2 * Math.PI * (local - 9)) / 24));
}

/**
 * A random hour, weighted by activity.
 * @param {Random} random
 */
export function someHour(random) {
  for (;;) {
    const local = 24 * random();
    if (2 * random() < activityAt(local)) return local;
  }
}

/** @param {number} local */
export function season(local) {
  return SEASON_SD * Math.sin((2 * Math.PI * local) / 24);
}

/** @param {number} uniform */
export function wordOf(uniform) {
  let rest = uniform;
  for (let i = 0; i < WORDS.length; i += 1) {
    rest -= WORDS[i];
    if (rest < 0) return i;
  }
  return WORDS.length - 1;
}

/**
 * @param {Random} random
 * @param {number} own
 */
export function scoreOf(random, own) {
  return Math.min(0.9999, Math.max(0.5, 0.75 + own + 0.12 * NORMALS[(random() * 65_536) | 0]));
}

/**
 * P(Z < z), to 4 digits (Abramowitz and Stegun, 26.2.17).
 * @param {number} z
 */
export function cumulative(z) {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.39894228 *
    Math.exp((-z * z) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

/** @param {number} p */
function quantile(p) {
  let [low, high] = [-6, 6];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (cumulative(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
