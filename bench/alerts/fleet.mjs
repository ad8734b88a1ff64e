// A simulated fleet. The rows of a device resemble each other, devices differ in activity by day
// and by week, and labels come late.
import { emptyProfile } from '@perigee/profile';
import { addInto, ownCopy, seededRandom } from '@perigee/profile/analysis';
import { GROUPS } from '../collector/devices.mjs';
import { drawNormal } from '../draws.mjs';

export const NUMERIC = 16;
export const CATEGORICAL = 4;
export const FEATURES = NUMERIC + CATEGORICAL;
const WORDS = [0.35, 0.25, 0.2, 0.12, 0.08];
const BINS = 32;
const ICC = 0.3;
const LOG_ACTIVITY_SD = 1;
const ROWS_PER_HOUR = 0.25;
const LABELLED = 0.1;
const MAX_LABEL_DELAY = 48;
/**
 * The first features have other values by day than by night; SEASON_SD is in standard deviations.
 * The reference has all hours, weighted by use.
 */
const SEASONAL = 4;
const SEASON_SD = 0.2;
const REFERENCE_ROWS = 20_000;
const SEGMENT_SHARE = 0.2;
/** Precomputed draws of a standard normal, so that a draw is a lookup. */
const NORMALS = Float64Array.from(
  { length: 65_536 },
  (() => {
    const random = seededRandom(99);
    return () => drawNormal(random);
  })(),
);

/** Bins of equal share of the standard normal, and the median of each. */
const EDGES = Float64Array.from({ length: BINS - 1 }, (_, i) => quantile((i + 1) / BINS));
const FINE = 1_024;
const LIMIT = 4;
/** Bin by value, in steps too small to matter. */
const BIN_OF = Uint8Array.from(
  { length: FINE },
  (_, i) => EDGES.findLastIndex((edge) => edge <= -LIMIT + ((i + 0.5) * 2 * LIMIT) / FINE) + 1,
);
export const MIDDLES = Float64Array.from({ length: BINS }, (_, i) => quantile((i + 0.5) / BINS));

const binOf = (x) =>
  BIN_OF[Math.max(0, Math.min(FINE - 1, (((x + LIMIT) * FINE) / (2 * LIMIT)) | 0))];

/** The change of one feature from an hour on. `reach` grows from 0 to 1 while the drift comes. */
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

export function referenceProfile() {
  const random = seededRandom(3);
  const numeric = (name) => {
    const counts = zeros(BINS);
    for (let i = 0; i < REFERENCE_ROWS; i += 1)
      counts[
        binOf((Number(name) < SEASONAL ? season(someHour(random)) : 0) + drawNormal(random))
      ] += 1;
    return {
      kind: 'numeric',
      name,
      edges: [...EDGES],
      counts,
      missing: Math.round(REFERENCE_ROWS * 0.01),
      min: -LIMIT,
      max: LIMIT,
      quantiles: [-3, -0.67, 0, 0.67, 3],
    };
  };
  const categorical = (name) => {
    const counts = zeros(WORDS.length + 1);
    for (let i = 0; i < REFERENCE_ROWS; i += 1) counts[wordOf(random())] += 1;
    return {
      kind: 'categorical',
      name,
      vocabulary: WORDS.map((_, i) => `word ${i}`),
      counts,
      missing: 0,
    };
  };
  const scoreCounts = zeros(100);
  const labelCounts = [0, 0];
  let right = 0;
  for (let i = 0; i < REFERENCE_ROWS; i += 1) {
    const score = scoreOf(random, 0);
    scoreCounts[Math.floor(score * 100)] += 1;
    labelCounts[random() < 0.3 ? 1 : 0] += 1;
    right += score;
  }
  return {
    schema: 'perigee-reference/1',
    rows: REFERENCE_ROWS,
    features: Array.from({ length: FEATURES }, (_, i) =>
      i < NUMERIC ? numeric(String(i)) : categorical(String(i)),
    ),
    output: {
      labels: ['yes', 'no'],
      labelCounts,
      scoreCounts,
      calibration: {
        probabilities: Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100),
        rows: REFERENCE_ROWS,
        accuracy: right / REFERENCE_ROWS,
      },
    },
  };
}

/**
 * @param seed decides everything
 * @param devices of the fleet
 * @returns hour(h, drift?) → counts of that hour as [whole, segment], the same at each call
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

  /** Cache of hours without drift, because several runs of one fleet begin with the same hours. */
  const known = new Map();
  return (hour, drift) => {
    if (drift) return count(hour, drift);
    if (!known.has(hour)) known.set(hour, count(hour));
    return known.get(hour);
  };

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

function zeros(length) {
  return Array.from({ length }, () => 0);
}

function emptyCounts() {
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
 */
export function createWindow(hours) {
  const sums = [emptyCounts(), emptyCounts()];
  const groundTruths = [[], []];
  const inside = [];
  return {
    push(hour, counts) {
      inside.push(counts);
      change(counts, 1);
      if (inside.length > hours) change(inside.shift(), -1);
      counts.forEach(({ late }, cell) => groundTruths[cell].push(...late));
      groundTruths.forEach(
        (list, cell) =>
          (groundTruths[cell] = list.filter((groundTruth) => groundTruth.hour > hour - hours)),
      );
      this.hour = hour;
    },
    /** The fleet in the form that the analysis takes: all devices, or the segment. */
    fleet(segment) {
      const cells = segment ? [1] : [0, 1];
      const come = Array.from({ length: GROUPS }, () => []);
      for (const cell of cells)
        for (const groundTruth of groundTruths[cell])
          if (groundTruth.hour <= this.hour) come[groundTruth.at].push(groundTruth);
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
      };
    },
  };

  function change(counts, sign) {
    counts.forEach((of, cell) => {
      for (const name of ['devices', 'predictions', 'missing', 'bins', 'labels', 'scores']) {
        const [sum, more] = [sums[cell][name], of[name]];
        for (let i = 0; i < sum.length; i += 1) sum[i] += sign * more[i];
      }
    });
  }
}

function profileOf(at, parts, groundTruths) {
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
    ...emptyProfile({ group: at }),
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

/** Activity by local hour: nearly none at night. Callers halve it at the weekend. */
function activityAt(local) {
  return Math.max(0.02, 1 + Math.sin((2 * Math.PI * (local - 9)) / 24));
}

/** A random hour, weighted by activity. */
function someHour(random) {
  for (;;) {
    const local = 24 * random();
    if (2 * random() < activityAt(local)) return local;
  }
}

function season(local) {
  return SEASON_SD * Math.sin((2 * Math.PI * local) / 24);
}

function wordOf(uniform) {
  let rest = uniform;
  for (let i = 0; i < WORDS.length; i += 1) {
    rest -= WORDS[i];
    if (rest < 0) return i;
  }
  return WORDS.length - 1;
}

function scoreOf(random, own) {
  return Math.min(0.9999, Math.max(0.5, 0.75 + own + 0.12 * NORMALS[(random() * 65_536) | 0]));
}

/** P(Z < z), to 4 digits (Abramowitz and Stegun, 26.2.17). */
function cumulative(z) {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.39894228 *
    Math.exp((-z * z) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

function quantile(p) {
  let [low, high] = [-6, 6];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (cumulative(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
