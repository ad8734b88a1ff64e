// False alerts, delay and power of our alerts compared with common methods, each hour over the last
// 24 hours, on simulated fleets.
import { chiSquareTwoSample, kolmogorovSmirnov, psi } from '@perigee/profile/analysis';
import { DEFAULT_RULES } from '../../packages/collector/dist/alerts/rules.js';
import { step } from '../../packages/collector/dist/alerts/state.js';
import { judgeVersion } from '../../packages/collector/dist/monitor/judge-version.js';
import { driftOptions } from '../../packages/collector/dist/monitor/monitor.js';
import { mapValues } from '../report/format.mjs';
import { windowThatEnds } from './window.mjs';
import { createFleet, DRIFTS } from './fleet.mjs';
import { referenceProfile } from './fleet-reference.mjs';
import { FEATURES, MIDDLES, NUMERIC } from './fleet-values.mjs';
import { createWindow } from './fleet-window.mjs';

/** @typedef {import('@perigee/profile').ReferenceProfile} ReferenceProfile */
/** @typedef {import('./fleet-window.mjs').Counted} Counted */
/** @typedef {import('./fleet.mjs').Drift} Drift */

/** @typedef {ReturnType<typeof step>} Step */
/** @typedef {Step['alerts'][number]} Alert */
/** @typedef {Step['events'][number]} AlertEvent */
/** @typedef {Alert['subjects'][number]} Subject */
/** @typedef {ReturnType<typeof newRun>} Run */
/** @typedef {'psi' | 'ks' | 'chunks'} Method */

/**
 * Alarms of a method: as alerts, and as hours.
 * @typedef {object} Episodes
 * @property {number} count
 * @property {number} hours
 * @property {(hour: number, alarm: boolean) => void} add
 */

const WINDOW_HOURS = 24;
const MONTH_HOURS = 720;
/** Number of chunks that the rule of three deviations learns from; each chunk is a day. */
const CHUNKS = 10;
const HISTORY_HOURS = CHUNKS * WINDOW_HOURS;
const AFTER_HOURS = 120;
const HOUR_MS = 3_600_000;
/** After this many quiet hours the next alarm is a new alert, as in our rules. */
const QUIET_HOURS = DEFAULT_RULES.keepFiringForMs / HOUR_MS;
const MIN_DEVICES = 50;
/** @type {Readonly<Record<'ours' | Method, string>>} */
export const METHODS = {
  ours: 'perigee, as shipped',
  psi: 'PSI > 0.2',
  ks: 'KS p < 0.05',
  chunks: 'mean ± 3 sd of chunks',
};

/**
 * @param {object} options
 * @param {number} options.months months without drift
 * @param {number} options.repeats number of runs of each drift
 * @param {import('../report/types.d.ts').Say} options.say
 */
export function measureDrift({ months, repeats, say }) {
  const reference = referenceProfile();
  const nulls = Array.from({ length: months }, (_, i) => {
    say(`no drift, month ${i + 1} of ${months}`);
    return watchFleet(reference, createFleet(500 + i), MONTH_HOURS);
  });
  /** @param {(run: (typeof nulls)[number]) => Record<string, number>} of */
  const meanOf = (of) =>
    mapValues(METHODS, (_, name) => nulls.reduce((sum, one) => sum + of(one)[name], 0) / months);
  /** @type {Record<string, number>} */
  const byRule = {};
  for (const { rules } of nulls) for (const rule of rules) byRule[rule] = (byRule[rule] ?? 0) + 1;
  const runs = Array.from({ length: repeats }, (_, i) => {
    const fleet = createFleet(700 + i);
    return DRIFTS.map((kind) => {
      say(`${kind.name}, fleet ${i + 1} of ${repeats}`);
      return watchFleet(reference, fleet, AFTER_HOURS, kind);
    });
  });
  const cases = DRIFTS.map(({ name }, k) => ({
    name,
    methods: Object.fromEntries(
      Object.keys(METHODS).map((method) => [
        method,
        outcomeOf(runs.map((run) => run[k].foundAfter[method])),
      ]),
    ),
  }));
  return {
    months,
    repeats,
    rowsPerDay: Math.round(nulls.reduce((sum, { rowsPerDay }) => sum + rowsPerDay, 0) / months),
    false: meanOf(({ opened }) => opened),
    alarming: meanOf(({ alarming }) => alarming),
    byRule,
    cases,
  };
}

/**
 * If a feature was alarming before it drifted, the drift was not found: it counts for neither power
 * nor delay.
 * @param {readonly (number | undefined)[]} delays
 */
function outcomeOf(delays) {
  const found = delays.filter((hours) => hours !== undefined).toSorted((a, b) => a - b);
  return {
    power: found.length / delays.length,
    medianHours: found.length === 0 ? null : found[Math.floor(found.length / 2)],
  };
}

/**
 * One fleet: history, then `hours` that are watched. A drift begins with the first watched hour.
 * @param {ReferenceProfile} reference
 * @param {ReturnType<typeof createFleet>} fleet
 * @param {number} hours
 * @param {Drift} [kind]
 */
function watchFleet(reference, fleet, hours, kind) {
  const run = newRun(reference, kind);
  const drift = kind && {
    kind,
    /** @param {number} hour */
    reach: (hour) => reachOf(kind, hour),
  };
  for (let hour = 0; hour < HISTORY_HOURS + hours; hour += 1) {
    const isWatched = hour >= HISTORY_HOURS;
    run.window.push(hour, fleet(hour, isWatched ? drift : undefined));
    const isEndOfChunk = (hour + 1) % WINDOW_HOURS === 0;
    const whole = run.window.fleet(false);
    if (!isWatched && isEndOfChunk) run.chunks.push(means(whole));
    // Start a day early, so that alerts with another cause are open already.
    if (hour < HISTORY_HOURS - WINDOW_HOURS) continue;
    const events = stepAlerts(run, hour, whole);
    if (!isWatched) continue;
    countAlerts(run, hour, events);
    countAlarms(run, hour, whole);
  }
  return resultOf(run, hours);
}

/**
 * The state of one run over a fleet.
 * @param {ReferenceProfile} reference
 * @param {Drift | undefined} kind
 */
function newRun(reference, kind) {
  return {
    reference,
    /** Whether there is a drift, and its feature. */
    hasDrift: kind !== undefined,
    target: kind?.feature ?? 0,
    window: createWindow(WINDOW_HOURS),
    /**
     * Means of each day before, and the limits that they give.
     * @type {number[][]}
     */
    chunks: [],
    /** @type {{ low: number, high: number }[] | undefined} */
    limits: undefined,
    options: driftOptions(DEFAULT_RULES, {}),
    /** @type {readonly Alert[]} */
    alerts: [],
    /** Counts over the watched hours. */
    opened: 0,
    firing: 0,
    rows: 0,
    /** @type {string[]} */
    rules: [],
    methods: { psi: episodes(), ks: episodes(), chunks: episodes() },
    /** @type {Record<string, number>} */
    foundAfter: {},
  };
}

/**
 * The share of a drift that has arrived in an hour.
 * @param {Drift} drift
 * @param {number} hour
 */
function reachOf({ hours }, hour) {
  if (hour < HISTORY_HOURS) return 0;
  return Math.min(1, hours ? (hour - HISTORY_HOURS + 1) / hours : 1);
}

/**
 * Judges the fleet and its segment as the collector does, and returns the events.
 * @param {Run} run
 * @param {number} hour
 * @param {Counted} whole
 */
function stepAlerts(run, hour, whole) {
  const judged = [whole, run.window.fleet(true)]
    .map((fleet, i) => ({
      model: 'm',
      version: '1.0.0',
      segment: i === 0 ? '' : 'beta',
      fleet,
      reference: { id: 'r', profile: run.reference },
      comparison: null,
      past: null,
      fromHour: hour - WINDOW_HOURS + 1,
      toHour: hour + 1,
    }))
    .filter(({ segment, fleet: { devices } }) => segment === '' || devices >= MIN_DEVICES)
    .map((one) => judgeVersion(one, DEFAULT_RULES, run.options));
  const { alerts, events } = step(
    run.alerts,
    judged.flatMap(({ findings }) => findings),
    DEFAULT_RULES,
    windowThatEnds(hour + 1),
    judged.flatMap(({ undecided }) => undecided),
  );
  run.alerts = alerts;
  return events;
}

/**
 * Counts what our alerts say in a watched hour.
 * @param {Run} run
 * @param {number} hour
 * @param {readonly AlertEvent[]} events
 */
function countAlerts(run, hour, events) {
  const news = events.filter(({ type, notify }) => type === 'opened' && notify);
  run.opened += news.length;
  run.firing += Number(run.alerts.some(({ state }) => state === 'firing'));
  for (const { alert } of news) run.rules.push(`${alert.rule}${alert.segment && ' in a segment'}`);
  const isFound = run.alerts.some(
    ({ state, subjects }) =>
      state === 'firing' && subjects.some((subject) => namesDrift(run.target, subject)),
  );
  if (isFound) run.foundAfter.ours ??= hour - HISTORY_HOURS + 1;
}

/**
 * Whether a subject of an alert is the drift, and not an earlier finding about its feature.
 * @param {number} target
 * @param {Subject} subject
 */
function namesDrift(target, { confirmed, finding }) {
  const isRecent = finding.fromHour >= HISTORY_HOURS - WINDOW_HOURS;
  return confirmed && finding.subject === String(target) && isRecent;
}

/**
 * Counts the alarms of the common methods in a watched hour.
 * @param {Run} run
 * @param {number} hour
 * @param {Counted} fleet
 */
function countAlarms(run, hour, fleet) {
  if (hour % WINDOW_HOURS === WINDOW_HOURS - 1) run.rows += fleet.total.predictions;
  const limits = (run.limits ??= limitsOf(run.chunks));
  /** @type {Record<Method, boolean[]>} */
  const alarms = {
    psi: psiAlarms(run.reference, fleet),
    ks: ksAlarms(run.reference, fleet),
    chunks: means(fleet).map((value, f) => value < limits[f].low || value > limits[f].high),
  };
  for (const name of /** @type {Method[]} */ (Object.keys(alarms))) {
    const list = alarms[name];
    run.methods[name].add(hour, list.some(Boolean));
    if (!list[run.target]) continue;
    // In the first hour the window holds next to no drifted rows, so an alarm then has another
    // cause.
    const isTooEarly = run.hasDrift && hour === HISTORY_HOURS;
    run.foundAfter[name] ??= isTooEarly ? Infinity : hour - HISTORY_HOURS + 1;
  }
}

/**
 * @param {Run} run
 * @param {number} hours
 */
function resultOf({ opened, firing, rows, rules, methods, foundAfter }, hours) {
  return {
    opened: { ours: opened, ...mapValues(methods, ({ count }) => count) },
    alarming: { ours: firing / hours, ...mapValues(methods, (method) => method.hours / hours) },
    rules,
    foundAfter: Object.fromEntries(
      Object.entries(foundAfter).filter(([, after]) => Number.isFinite(after)),
    ),
    rowsPerDay: rows / (hours / WINDOW_HOURS),
  };
}

/**
 * Alarms that follow each other closely are one alert.
 * @returns {Episodes}
 */
function episodes() {
  let last = -Infinity;
  return {
    count: 0,
    hours: 0,
    /**
     * @param {number} hour
     * @param {boolean} alarm
     */
    add(hour, alarm) {
      if (!alarm) return;
      this.hours += 1;
      if (hour - last > QUIET_HOURS) this.count += 1;
      last = hour;
    },
  };
}

/**
 * @param {ReferenceProfile} reference
 * @param {Counted} fleet
 */
function psiAlarms({ features }, { total }) {
  return features.map(({ counts }, f) => psi(counts, total.features[f].bins) > 0.2);
}

/**
 * @param {ReferenceProfile} reference
 * @param {Counted} fleet
 */
function ksAlarms({ features }, { total }) {
  return features.map(
    ({ kind, counts }, f) =>
      (kind === 'numeric'
        ? kolmogorovSmirnov(counts, total.features[f].bins)
        : chiSquareTwoSample(counts, total.features[f].bins)
      ).pValue < 0.05,
  );
}

/**
 * The mean of numbers, and the share of the first category.
 * @param {Counted} fleet
 */
function means({ total }) {
  return Array.from({ length: FEATURES }, (_, f) => {
    const { bins } = total.features[f];
    const n = bins.reduce((sum, count) => sum + count, 0);
    return f < NUMERIC
      ? bins.reduce((sum, count, i) => sum + count * MIDDLES[i], 0) / n
      : bins[0] / n;
  });
}

/** @param {readonly (readonly number[])[]} chunks */
function limitsOf(chunks) {
  return Array.from({ length: FEATURES }, (_, f) => {
    const values = chunks.map((chunk) => chunk[f]);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
    );
    return { low: mean - 3 * deviation, high: mean + 3 * deviation };
  });
}
