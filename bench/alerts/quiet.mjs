// node bench/alerts/quiet.mjs [--months 3] [--days 28] [--devices 1500]
// Simulates months in which nothing is wrong. The collector's own monitor looks every hour. Counts
// the alerts that are sent, and those that come back after they resolved (flaps). In the second
// table one feature stays near its threshold for the whole month.
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  addProfiles,
  emptyProfile,
  LATENCY_BUCKETS,
  latencyBucket,
  STAGES,
} from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { alertKey } from '../../packages/collector/dist/alerts/alert.js';
import { DEFAULT_RULES } from '../../packages/collector/dist/alerts/rules.js';
import { step } from '../../packages/collector/dist/alerts/state.js';
import { checkModels } from '../../packages/collector/dist/monitor/check-models.js';
import { driftOptions } from '../../packages/collector/dist/monitor/monitor.js';
import { addCompared, comparedOf } from '../../packages/collector/dist/store/compared.js';
import { drawBeta, drawBinomial, drawNormal } from '../draws.mjs';
import { windowThatEnds } from './window.mjs';
import { createFleet, DRIFTS } from './fleet.mjs';
import { referenceProfile } from './fleet-reference.mjs';
import { createWindow } from './fleet-window.mjs';

/** @typedef {import('../draws.mjs').Random} Random */
/** @typedef {import('@perigee/profile').Profile} Profile */
/** @typedef {(hour: number, profiles: readonly Profile[]) => void} Add */
/** @typedef {Parameters<typeof checkModels>[0]['store']} Store */
/** @typedef {Awaited<ReturnType<Store['totals']>>[number]} Totals */
/** @typedef {Awaited<ReturnType<Store['timeline']>>[number]} Hour */

const WINDOW_HOURS = 24;
const MONTH_HOURS = 28 * 24;
/** A version is watched from its tenth day on, when it has a week before. */
const BEFORE_HOURS = 9 * 24;
const TOTAL = STAGES.indexOf('total');
const REFERENCE_ID = 'r';
const [MODEL, VERSION] = ['m', '1.0.0'];
const SESSIONS_PER_PREDICTION = 1 / 3;
/** Failure rates differ between groups of devices and hours: Beta with mean 1 %. */
const FAILURES = /** @type {const} */ ([1, 99]);
/** A device in this group opens one session an hour and always fails. */
const BROKEN_GROUP = 3;

/**
 * @param {number} seed
 * @param {object} [options]
 * @param {number} [options.hours]
 * @param {number} [options.devices]
 * @param {number} [options.nearBy] constant offset of one feature, in standard deviations
 */
export async function quietMonth(seed, { hours = MONTH_HOURS, devices = 1_500, nearBy = 0 } = {}) {
  const fleet = createFleet(seed, devices);
  const random = seededRandom(seed + 77);
  const speeds = Array.from({ length: 16 }, () => Math.exp(0.1 * drawNormal(random)));
  const drift =
    nearBy === 0
      ? undefined
      : { kind: { ...DRIFTS[0], size: () => ({ shift: nearBy }) }, reach: () => 1 };
  const store = memoryStore();
  const sources = {
    store,
    publishedModels: {
      find: async () => ({
        labels: [],
        segments: [],
        reference: { id: REFERENCE_ID, profile: reference },
      }),
      channels: async () => undefined,
      history: async () => [],
    },
    minDevices: 50,
  };
  const options = driftOptions(DEFAULT_RULES, {});
  /** @type {Map<string, number>} */
  const opened = new Map();
  /** @type {string[]} */
  const told = [];
  /** @type {ReturnType<typeof step>['alerts']} */
  let alerts = [];
  for (let hour = 0; hour < BEFORE_HOURS + hours; hour += 1) {
    store.add(hour, hourOf(hour, fleet(hour, drift), random, speeds));
    if (hour < BEFORE_HOURS) continue;
    const { findings, undecided } = await checkModels(sources, {
      rules: DEFAULT_RULES,
      drift: options,
      fromHour: hour + 1 - WINDOW_HOURS,
      toHour: hour + 1,
      logger: console,
    });
    const next = step(alerts, findings, DEFAULT_RULES, windowThatEnds(hour + 1), undecided);
    alerts = next.alerts;
    for (const { alert } of next.events.filter(({ type, notify }) => type === 'opened' && notify)) {
      opened.set(alertKey(alert), (opened.get(alertKey(alert)) ?? 0) + 1);
      told.push(`${alert.rule} ${alert.subjects.map(({ finding }) => finding.subject).join('+')}`);
    }
  }
  return { told, flaps: [...opened.values()].reduce((sum, times) => sum + times - 1, 0) };
}

const reference = referenceProfile();

/**
 * Counts of features from the simulated fleet; sessions and latency of the same hour.
 * @param {number} hour
 * @param {import('./fleet-window.mjs').Counts[]} counts
 * @param {Random} random
 * @param {readonly number[]} speeds
 * @returns {Profile[]}
 */
function hourOf(hour, counts, random, speeds) {
  const window = createWindow(1);
  window.push(hour, counts);
  const byDay = 1 + 0.3 * Math.sin((2 * Math.PI * hour) / 24);
  return window.fleet(false).groups.flatMap((one, group) => {
    if (one.predictions === 0) return [];
    const base = emptyProfile({
      model: MODEL,
      version: VERSION,
      reference: REFERENCE_ID,
      backend: '',
      browser: '',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour,
    });
    const sessions = Math.max(1, Math.round(one.predictions * SESSIONS_PER_PREDICTION));
    const broken = group === BROKEN_GROUP ? 1 : 0;
    const latency = STAGES.map(() => new Float64Array(LATENCY_BUCKETS));
    const mean = 20 * byDay * speeds[group] * Math.exp(0.1 * drawNormal(random));
    for (let i = 0; i < one.predictions; i += 1)
      latency[TOTAL][latencyBucket(mean * Math.exp(0.4 * drawNormal(random)))] += 1;
    return [
      {
        ...base,
        devices: one.devices,
        predictions: one.predictions,
        features: one.features,
        labels: one.labels,
        scores: one.scores,
        confusion: one.confusion,
        latency,
        sessions: {
          started: sessions + broken,
          degraded: drawBinomial(random, sessions, drawBeta(random, 2, 38)),
          failed: broken + drawBinomial(random, sessions, drawBeta(random, ...FAILURES)),
        },
        golden: { passed: drawBinomial(random, sessions, 0.05), failed: 0 },
      },
    ];
  });
}

/**
 * A store in memory, as the monitor reads it.
 * @returns {Store & { add: Add }}
 */
function memoryStore() {
  /** @type {Map<number, readonly Profile[]>} */
  const hours = new Map();
  /**
   * @param {number} from
   * @param {number} to
   */
  const within = (from, to) =>
    Array.from(
      { length: Math.max(0, to - Math.max(0, from)) },
      (_, i) => hours.get(Math.max(0, from) + i) ?? [],
    ).flat();
  return {
    /**
     * @param {number} hour
     * @param {readonly Profile[]} profiles
     */
    add: (hour, profiles) => void hours.set(hour, profiles),
    totals: async () => [
      /** @type {Totals} */ ({
        model: MODEL,
        version: VERSION,
        firstHour: 0,
        lastHour: Math.max(...hours.keys()),
      }),
    ],
    timeline: async ({ fromHour, toHour }) =>
      [...hours.keys()]
        .filter((hour) => hour >= fromHour && hour < toHour)
        .map(
          (hour) =>
            /** @type {Hour} */ ({
              hour,
              version: VERSION,
              sessionsStarted: (hours.get(hour) ?? []).reduce(
                (sum, { sessions }) => sum + sessions.started,
                0,
              ),
            }),
        ),
    versions: async () => [{ model: MODEL, version: VERSION, lastHour: Math.max(...hours.keys()) }],
    predictions: async ({ version, fromHour, toHour }) =>
      (version ?? VERSION) === VERSION
        ? within(fromHour, toHour).map(({ key, predictions }) => ({ ...key, predictions }))
        : [],
    find: async () => undefined,
    list: async () => [],
    newestHour: async () => Math.max(...hours.keys()),
    losses: async () => ({}),
    close: async () => undefined,
    compared: async ({ version, fromHour, toHour }) =>
      version === VERSION ? addCompared(within(fromHour, toHour).map(comparedOf)) : [],
    async sums({ version, fromHour, toHour }, by) {
      if (version !== VERSION) return [];
      if (by.includes('hour')) return within(fromHour, toHour);
      /** @type {Map<number, Profile>} */
      const groups = new Map();
      for (const { key, ...counts } of within(fromHour, toHour)) {
        const one = { ...counts, key: { ...key, hour: fromHour } };
        const sum = groups.get(key.group);
        groups.set(key.group, sum ? addProfiles(sum, one) : one);
      }
      return [...groups.values()];
    },
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      months: { type: 'string', default: '3' },
      days: { type: 'string', default: '28' },
      devices: { type: 'string', default: '1500' },
    },
  });
  const [months, hours, devices] = [
    Number(values.months),
    Number(values.days) * 24,
    Number(values.devices),
  ];
  for (const { title, nearBy } of [
    { title: 'nothing is wrong', nearBy: 0 },
    { title: 'one feature stays near its threshold', nearBy: 0.13 },
  ]) {
    console.log(
      `\n${title}: ${months} months of ${values.days} days, ${devices} devices\n| seed | ` +
        `alerts | flaps | which |\n|---|---|---|---|`,
    );
    /** @type {{ alerts: number, flaps: number }[]} */
    const results = [];
    for (let seed = 1; seed <= months; seed += 1) {
      const { told, flaps } = await quietMonth(900 + seed, { hours, devices, nearBy });
      results.push({ alerts: told.length, flaps });
      console.log(`| ${900 + seed} | ${told.length} | ${flaps} | ${told.join(', ')} |`);
    }
    /** @param {(month: { alerts: number, flaps: number }) => number} pick */
    const mean = (pick) => results.reduce((sum, one) => sum + pick(one), 0) / months;
    console.log(
      `| mean | ${mean(({ alerts }) => alerts).toFixed(2)} | ` +
        `${mean(({ flaps }) => flaps).toFixed(2)} | |`,
    );
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
