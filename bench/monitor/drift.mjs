// False alerts, delay and power of our alerts compared with common methods, each hour over the last
// 24 hours, on simulated fleets.
import { chiSquareTwoSample, kolmogorovSmirnov, psi } from '@perigee/profile/analysis';
import { DEFAULT_RULES } from '../../packages/collector/dist/alerts/rules.js';
import { step } from '../../packages/collector/dist/alerts/state.js';
import { judgeVersion } from '../../packages/collector/dist/monitor/judge-version.js';
import { driftOptions } from '../../packages/collector/dist/monitor/monitor.js';
import { windowThatEnds } from './window.mjs';
import {
  createFleet,
  createWindow,
  DRIFTS,
  FEATURES,
  MIDDLES,
  NUMERIC,
  referenceProfile,
} from './fleet.mjs';

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
export const METHODS = {
  ours: 'perigee, as shipped',
  psi: 'PSI > 0.2',
  ks: 'KS p < 0.05',
  chunks: 'mean ± 3 sd of chunks',
};

/**
 * @param months months without drift
 * @param repeats number of runs of each drift
 */
export function measureDrift({ months, repeats, say }) {
  const reference = referenceProfile();
  const nulls = Array.from({ length: months }, (_, i) => {
    say(`no drift, month ${i + 1} of ${months}`);
    return watch(reference, createFleet(500 + i), MONTH_HOURS);
  });
  const false_ = Object.fromEntries(
    Object.keys(METHODS).map((name) => [
      name,
      nulls.reduce((sum, { opened }) => sum + opened[name], 0) / months,
    ]),
  );
  const alarming = Object.fromEntries(
    Object.keys(METHODS).map((name) => [
      name,
      nulls.reduce((sum, one) => sum + one.alarming[name], 0) / months,
    ]),
  );
  const byRule = {};
  for (const { rules } of nulls) for (const rule of rules) byRule[rule] = (byRule[rule] ?? 0) + 1;
  const runs = Array.from({ length: repeats }, (_, i) => {
    const fleet = createFleet(700 + i);
    return DRIFTS.map((kind) => {
      say(`${kind.name}, fleet ${i + 1} of ${repeats}`);
      return watch(reference, fleet, AFTER_HOURS, kind);
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
    false: false_,
    alarming,
    byRule,
    cases,
  };
}

/**
 * If a feature was alarming before it drifted, the drift was not found: it counts for neither power
 * nor delay.
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
 */
function watch(reference, fleet, hours, kind) {
  const window = createWindow(WINDOW_HOURS);
  const from = HISTORY_HOURS;
  const drift = kind && {
    kind,
    reach: (hour) =>
      hour < from ? 0 : Math.min(1, kind.hours ? (hour - from + 1) / kind.hours : 1),
  };
  const chunks = [];
  const methods = { psi: episodes(), ks: episodes(), chunks: episodes() };
  const target = kind?.feature ?? 0;
  const options = driftOptions(DEFAULT_RULES, {});
  const rules = [];
  const foundAfter = {};
  let [alerts, opened, firing, rows, limits] = [[], 0, 0, 0, undefined];
  for (let hour = 0; hour < from + hours; hour += 1) {
    window.push(hour, fleet(hour, hour >= from ? drift : undefined));
    if (hour < from) {
      if ((hour + 1) % WINDOW_HOURS === 0) chunks.push(means(window.fleet(false)));
      // Start a day early, so that alerts with another cause are open already.
      if (hour < from - WINDOW_HOURS) continue;
    }
    limits ??= hour >= from ? limitsOf(chunks) : undefined;
    const whole = window.fleet(false);
    const watched = [whole, window.fleet(true)].map((one, i) => ({
      model: 'm',
      version: '1.0.0',
      segment: i === 0 ? '' : 'beta',
      fleet: one,
      reference: { id: 'r', profile: reference },
      comparison: null,
      past: null,
      fromHour: hour - WINDOW_HOURS + 1,
      toHour: hour + 1,
    }));
    const judged = watched
      .filter(({ segment, fleet: { devices } }) => segment === '' || devices >= MIN_DEVICES)
      .map((one) => judgeVersion(one, DEFAULT_RULES, options));
    const next = step(
      alerts,
      judged.flatMap(({ findings }) => findings),
      DEFAULT_RULES,
      windowThatEnds(hour + 1),
      judged.flatMap(({ undecided }) => undecided),
    );
    alerts = next.alerts;
    if (hour < from) continue;
    const news = next.events.filter(({ type, notify }) => type === 'opened' && notify);
    opened += news.length;
    firing += Number(alerts.some(({ state }) => state === 'firing'));
    rules.push(
      ...news.map(({ alert: { rule, segment } }) => `${rule}${segment && ' in a segment'}`),
    );
    rows += hour % WINDOW_HOURS === WINDOW_HOURS - 1 ? whole.total.predictions : 0;
    if (
      foundAfter.ours === undefined &&
      alerts.some(
        ({ state, subjects }) =>
          state === 'firing' &&
          subjects.some(
            ({ confirmed, finding }) =>
              confirmed &&
              finding.subject === String(target) &&
              finding.fromHour >= from - WINDOW_HOURS,
          ),
      )
    )
      foundAfter.ours = hour - from + 1;
    const alarms = {
      psi: psiAlarms(reference, whole),
      ks: ksAlarms(reference, whole),
      chunks: means(whole).map((value, f) => value < limits[f].low || value > limits[f].high),
    };
    for (const [name, list] of Object.entries(alarms)) {
      methods[name].add(hour, list.some(Boolean));
      if (list[target] && foundAfter[name] === undefined) foundAfter[name] = hour - from + 1;
      // In the first hour the window holds next to no drifted rows, so an alarm then has another
      // cause.
      if (kind && hour === from && list[target]) foundAfter[name] = Infinity;
    }
  }
  for (const name of Object.keys(foundAfter))
    if (foundAfter[name] === Infinity) delete foundAfter[name];
  return {
    opened: {
      ours: opened,
      psi: methods.psi.count,
      ks: methods.ks.count,
      chunks: methods.chunks.count,
    },
    alarming: Object.fromEntries(
      [
        ['ours', firing],
        ...Object.entries(methods).map(([name, { hours: alarming }]) => [name, alarming]),
      ].map(([name, alarming]) => [name, alarming / hours]),
    ),
    rules,
    foundAfter,
    rowsPerDay: rows / (hours / WINDOW_HOURS),
  };
}

/** Alarms that follow each other closely are one alert. */
function episodes() {
  let last = -Infinity;
  return {
    count: 0,
    hours: 0,
    add(hour, alarm) {
      if (!alarm) return;
      this.hours += 1;
      if (hour - last > QUIET_HOURS) this.count += 1;
      last = hour;
    },
  };
}

function psiAlarms({ features }, { total }) {
  return features.map(({ counts }, f) => psi(counts, total.features[f].bins) > 0.2);
}

function ksAlarms({ features }, { total }) {
  return features.map(
    ({ kind, counts }, f) =>
      (kind === 'numeric'
        ? kolmogorovSmirnov(counts, total.features[f].bins)
        : chiSquareTwoSample(counts, total.features[f].bins)
      ).pValue < 0.05,
  );
}

/** The mean of numbers, and the share of the first category. */
function means({ total }) {
  return Array.from({ length: FEATURES }, (_, f) => {
    const { bins } = total.features[f];
    const n = bins.reduce((sum, count) => sum + count, 0);
    return f < NUMERIC
      ? bins.reduce((sum, count, i) => sum + count * MIDDLES[i], 0) / n
      : bins[0] / n;
  });
}

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
