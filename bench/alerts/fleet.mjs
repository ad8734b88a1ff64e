// A simulated fleet. The rows of a device resemble each other, devices differ in activity by day
// and by week, and labels come late.
import { seededRandom } from '@perigee/profile/analysis';
import { GROUPS } from '../collector/devices.mjs';
import { drawNormal } from '../draws.mjs';
import {
  activityAt,
  BINS,
  binOf,
  cumulative,
  FEATURES,
  NORMALS,
  NUMERIC,
  scoreOf,
  season,
  SEASONAL,
  wordOf,
  WORDS,
} from './fleet-values.mjs';
import { emptyCounts } from './fleet-window.mjs';

/**
 * The change of one feature from an hour on.
 * @typedef {object} Drift
 * @property {string} name
 * @property {number} [hours] until it has come; absent: at once
 * @property {number} [feature]
 * @property {boolean} [segment] only in the segment
 * @property {(reach: number) => Size} size
 */

/** @typedef {{ shift?: number, scale?: number, grows?: number, missing?: number }} Size */
/** @typedef {{ kind: Drift, reach: (hour: number) => number }} Arriving a drift by hour */
/** @typedef {import('./fleet-window.mjs').Counts} Counts */

const ICC = 0.3;
const LOG_ACTIVITY_SD = 1;
const ROWS_PER_HOUR = 0.25;
const LABELLED = 0.1;
const MAX_LABEL_DELAY = 48;
const SEGMENT_SHARE = 0.2;

/**
 * The change of one feature from an hour on. `reach` grows from 0 to 1 while the drift comes.
 * @type {readonly Drift[]}
 */
export const DRIFTS = [
  { name: 'mean + 0.1 sd', size: (reach) => ({ shift: 0.1 * reach }) },
  { name: 'mean + 0.3 sd', size: (reach) => ({ shift: 0.3 * reach }) },
  { name: 'mean + 0.5 sd', size: (reach) => ({ shift: 0.5 * reach }) },
  { name: 'mean + 0.5 sd over 3 days', hours: 72, size: (reach) => ({ shift: 0.5 * reach }) },
  { name: 'spread × 1.5', size: (reach) => ({ scale: 1 + 0.5 * reach }) },
  {
    name: 'one category + 15 points',
    feature: NUMERIC,
    size: (reach) => ({ grows: 0.15 * reach }),
  },
  { name: '5 % missing', size: (reach) => ({ missing: 0.05 * reach }) },
  {
    name: 'mean + 0.5 sd in one segment of 20 %',
    segment: true,
    size: (reach) => ({ shift: 0.5 * reach }),
  },
];

/**
 * @param {number} seed decides everything
 * @param {number} [devices] of the fleet
 * @returns {(hour: number, drift?: Arriving) => Counts[]} the counts of an hour outside and in the
 *   segment, the same at each call
 */
export function createFleet(seed, devices = 5_000) {
  const random = seededRandom(seed);
  const own = Float32Array.from({ length: devices * FEATURES }, () => drawNormal(random));
  const rate = Float64Array.from(
    { length: devices },
    () => ROWS_PER_HOUR * Math.exp(LOG_ACTIVITY_SD * drawNormal(random) - LOG_ACTIVITY_SD ** 2 / 2),
  );
  const zone = Float64Array.from({ length: devices }, () => 6 * random());
  const group = Uint8Array.from({ length: devices }, () => random() * GROUPS);
  const inSegment = Uint8Array.from({ length: devices }, () => Number(random() < SEGMENT_SHARE));
  const ownScore = Float64Array.from({ length: devices }, () => 0.05 * drawNormal(random));
  const [a, b] = [Math.sqrt(ICC), Math.sqrt(1 - ICC)];

  /**
   * Cache of hours without drift, because several runs of one fleet begin with the same hours.
   * @type {Map<number, Counts[]>}
   */
  const known = new Map();
  return (hour, drift) => {
    if (drift) return count(hour, drift);
    const counts = known.get(hour) ?? count(hour);
    known.set(hour, counts);
    return counts;
  };

  /**
   * @param {number} hour
   * @param {Arriving} [drift]
   * @returns {Counts[]}
   */
  function count(hour, drift) {
    const draw = seededRandom(seed * 100_003 + hour);
    const counts = [emptyCounts(), emptyCounts()];
    const weekday = Math.floor(hour / 24) % 7;
    for (let device = 0; device < devices; device += 1) {
      const local = (hour + zone[device]) % 24;
      const activity = activityAt(local) * (weekday > 4 ? 0.5 : 1);
      // A device that is active in an hour makes several predictions in it.
      if (draw() > Math.min(1, rate[device] * activity * 0.5)) continue;
      const rows = 1 + Math.floor(-2 * Math.log(1 - draw()) * Math.max(1, rate[device]));
      const cell = inSegment[device];
      const into = counts[cell];
      const at = group[device];
      into.devices[at] += 1;
      for (let row = 0; row < rows; row += 1) {
        into.predictions[at] += 1;
        for (let f = 0; f < FEATURES; f += 1) {
          const hit =
            drift && f === (drift.kind.feature ?? 0) && (!drift.kind.segment || cell === 1)
              ? drift.kind.size(drift.reach(hour))
              : undefined;
          const missing = f < NUMERIC ? 0.01 + (hit?.missing ?? 0) : 0;
          if (missing > 0 && draw() < missing) {
            into.missing[at * FEATURES + f] += 1;
            continue;
          }
          const z = a * own[device * FEATURES + f] + b * NORMALS[(draw() * 65_536) | 0];
          if (f < NUMERIC)
            into.bins[
              (at * FEATURES + f) * BINS +
                binOf(
                  (f < SEASONAL ? season(local) : 0) + z * (hit?.scale ?? 1) + (hit?.shift ?? 0),
                )
            ] += 1;
          else
            into.bins[
              (at * FEATURES + f) * BINS +
                (hit?.grows && draw() < hit.grows / (1 - WORDS[2]) ? 2 : wordOf(cumulative(z)))
            ] += 1;
        }
        const score = scoreOf(draw, ownScore[device]);
        const label = draw() < 0.3 ? 1 : 0;
        into.labels[at * 2 + label] += 1;
        into.scores[at * 100 + Math.min(99, Math.floor(score * 100))] += 1;
        // The ground truth comes hours later and is counted when it comes.
        if (draw() < LABELLED)
          into.late.push({
            hour: hour + Math.floor(draw() * MAX_LABEL_DELAY),
            at,
            label,
            right: draw() < score,
          });
      }
    }
    return counts;
  }
}
