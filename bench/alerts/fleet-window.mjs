// Counts of a simulated fleet, and their sums over trailing hours as the analysis takes them.
import { emptyProfile } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';
import { GROUPS } from '../collector/devices.mjs';
import { BINS, FEATURES, NUMERIC, WORDS } from './fleet-values.mjs';

/** @typedef {import('@perigee/profile').Profile} Profile */
/** @typedef {{ hour: number, at: number, label: number, right: boolean }} Late a late label */
/** @typedef {'devices' | 'predictions' | 'missing' | 'bins' | 'labels' | 'scores'} SummedName */
/** @typedef {Record<SummedName, Float64Array> & { late: Late[] }} Counts of an hour, by group */

/**
 * A fleet in the form that the analysis takes.
 * @typedef {object} Counted
 * @property {Profile[]} groups
 * @property {Profile} total
 * @property {number} rawShare
 * @property {number} devices
 * @property {number} leftOut groups whose regression sums are not exact
 */

/** @type {readonly SummedName[]} */
const SUMMED = ['devices', 'predictions', 'missing', 'bins', 'labels', 'scores'];
const KEY = {
  model: 'm',
  version: '1.0.0',
  reference: 'r',
  backend: '',
  browser: '',
  segment: '',
  sampling: 0,
  privacy: 0,
  hour: 0,
};

/** @returns {Counts} */
export function emptyCounts() {
  return {
    devices: new Float64Array(GROUPS),
    predictions: new Float64Array(GROUPS),
    missing: new Float64Array(GROUPS * FEATURES),
    bins: new Float64Array(GROUPS * FEATURES * BINS),
    labels: new Float64Array(GROUPS * 2),
    scores: new Float64Array(GROUPS * 100),
    late: [],
  };
}

/**
 * Sums over trailing hours, as the collector computes them: counts of an hour are added, and
 * subtracted a window later.
 * @param {number} hours
 */
export function createWindow(hours) {
  const sums = [emptyCounts(), emptyCounts()];
  /** @type {Late[][]} */
  const groundTruths = [[], []];
  /** @type {Counts[][]} */
  const inside = [];
  let now = 0;
  return {
    /**
     * @param {number} hour
     * @param {Counts[]} counts
     */
    push(hour, counts) {
      inside.push(counts);
      change(counts, 1);
      if (inside.length > hours) change(inside.splice(0, 1)[0], -1);
      counts.forEach(({ late }, cell) => groundTruths[cell].push(...late));
      groundTruths.forEach(
        (list, cell) =>
          (groundTruths[cell] = list.filter((groundTruth) => groundTruth.hour > hour - hours)),
      );
      now = hour;
    },
    /**
     * The fleet in the form that the analysis takes: all devices, or the segment.
     * @param {boolean} segment
     * @returns {Counted}
     */
    fleet(segment) {
      const cells = segment ? [1] : [0, 1];
      /** @type {Late[][]} */
      const come = Array.from({ length: GROUPS }, () => []);
      for (const cell of cells)
        for (const groundTruth of groundTruths[cell])
          if (groundTruth.hour <= now) come[groundTruth.at].push(groundTruth);
      const groups = come.map((list, at) =>
        profileOf(
          at,
          cells.map((cell) => sums[cell]),
          list,
        ),
      );
      return {
        groups,
        total: groups.slice(1).reduce(addInto, ownCopy(groups[0])),
        rawShare: 1,
        devices: groups.reduce((sum, { devices }) => sum + devices, 0),
        leftOut: 0,
      };
    },
  };

  /**
   * @param {readonly Counts[]} counts
   * @param {number} sign
   */
  function change(counts, sign) {
    counts.forEach((of, cell) => {
      for (const name of SUMMED) {
        const [sum, more] = [sums[cell][name], of[name]];
        for (let i = 0; i < sum.length; i += 1) sum[i] += sign * more[i];
      }
    });
  }
}

/**
 * @param {number} at
 * @param {readonly Counts[]} parts
 * @param {readonly Late[]} groundTruths
 * @returns {Profile}
 */
function profileOf(at, parts, groundTruths) {
  /**
   * @param {SummedName} name
   * @param {number} from
   * @param {number} length
   */
  const sum = (name, from, length) => {
    const result = new Float64Array(length);
    for (const part of parts) for (let i = 0; i < length; i += 1) result[i] += part[name][from + i];
    return result;
  };
  const confusion = new Map();
  for (const { label, right } of groundTruths) {
    const cell = label * 2 + (right ? label : 1 - label);
    confusion.set(cell, (confusion.get(cell) ?? 0) + 1);
  }
  return {
    ...emptyProfile({ ...KEY, group: at }),
    devices: sum('devices', at, 1)[0],
    predictions: sum('predictions', at, 1)[0],
    features: Array.from({ length: FEATURES }, (_, f) => ({
      bins: sum('bins', (at * FEATURES + f) * BINS, f < NUMERIC ? BINS : WORDS.length + 1),
      missing: sum('missing', at * FEATURES + f, 1)[0],
      invalid: 0,
      below: 0,
      above: 0,
    })),
    labels: sum('labels', at * 2, 2),
    scores: sum('scores', at * 100, 100),
    confusion,
  };
}
