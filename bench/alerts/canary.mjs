// The guard's comparison under constant looking: how often equal versions are called harmful, and
// how soon harmful ones are.
import { emptyProfile, LATENCY_BUCKETS, latencyBucket, STAGES } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { compareVersions } from '../../packages/collector/dist/analysis/compare.js';
import { comparedOf } from '../../packages/collector/dist/store/compared.js';
import { GROUPS } from '../collector/devices.mjs';
import { drawBeta, drawNormal } from '../draws.mjs';
import { median, quantile } from '../report/format.mjs';

/** @typedef {import('../draws.mjs').Random} Random */
/**
 * A profile to which sessions are added.
 * @typedef {Omit<import('@perigee/profile').Profile, 'sessions' | 'devices' | 'failedDevices'>
 *   & { sessions: { started: number, degraded: number, failed: number },
 *     devices: number, failedDevices: number }} Profile
 */

/** @typedef {{ failed: number, slower: number }} Rates of a version */
/** @typedef {{ n: number, failures: number }} Totals */
/**
 * @typedef {object} Device
 * @property {number} group
 * @property {number} failed rate of its sessions that fail
 * @property {number} ms of a call, on average
 * @property {number} rate sessions an hour
 * @property {Set<number>} hours in which it had a session
 * @property {Set<number>} failedHours in which a session of it failed
 */

/**
 * @typedef {object} Session
 * @property {number} arm
 * @property {number} hour
 * @property {Device} device
 * @property {boolean} failed
 * @property {number[]} calls latency in milliseconds
 */

/**
 * A rollout: whether each method called the new version harmful.
 * @typedef {object} Rollout
 * @property {boolean} harm
 * @property {boolean} rateAlarm
 * @property {boolean} latencyAlarm
 * @property {boolean} naive
 * @property {number} sessions of the new version
 * @property {number | undefined} oneTestAt sessions until one e-process alone is at its limit
 */

const TOTAL = STAGES.indexOf('total');
const EQUAL = { failed: 0.01, slower: 1 };
/** Failure rates differ between devices: Beta with mean p and this many pseudo-observations. */
const DEVICE_SPREAD = 50;
const DEVICE_LATENCY_SD = 0.5;
const CALL_LATENCY_SD = 0.4;
const CALLS = 3;
const SESSIONS_PER_DEVICE_HOUR = 0.25;
const LOOKS_AN_HOUR = 6;
/** Shares of sessions that are delivered while the hour runs, and in the hours after it. */
const LATE = [0.7, 0.2, 0.07, 0.03];
const Z = 1.959963985;
const ALARM = 100;

/**
 * @param {object} options
 * @param {number} options.runs number of equal versions
 * @param {number} options.power number of harmful versions in each case
 * @param {number} [options.devices] devices of each arm
 * @param {number} [options.hours]
 * @param {import('../report/types.d.ts').Say} options.say
 * @returns figures with counts, so that intervals can be computed
 */
export function measureCanary({ runs, power, devices = 2_000, hours = 24, say }) {
  const nulls = Array.from({ length: runs }, (_, i) => {
    if (i % 10 === 0) say(`equal versions, ${i} of ${runs}`);
    return watch(1_000 + i, EQUAL, EQUAL, { devices, hours, untilHarm: false });
  });
  /** @param {(rollout: Rollout) => boolean} hit */
  const share = (hit) => nulls.filter(hit).length;
  const cases = [
    { name: 'failed sessions 1 % → 2 %', challenger: { failed: 0.02, slower: 1 } },
    { name: 'failed sessions 1 % → 5 %', challenger: { failed: 0.05, slower: 1 } },
    { name: 'latency × 1.5', challenger: { failed: 0.01, slower: 1.5 } },
  ].map(({ name, challenger }) => {
    const found = Array.from({ length: power }, (_, i) => {
      say(`${name}, ${i} of ${power}`);
      return watch(9_000 + i, EQUAL, challenger, { devices, hours, untilHarm: true });
    });
    return {
      name,
      runs: power,
      found: found.filter(({ harm }) => harm).length,
      sessions: found.map(({ harm, sessions }) => (harm ? sessions : Infinity)),
      oneTest: found.map(({ oneTestAt }) => oneTestAt ?? Infinity),
    };
  });
  return {
    runs,
    hours,
    looks: hours * LOOKS_AN_HOUR,
    sessions: nulls.reduce((sum, one) => sum + one.sessions, 0) / runs,
    falseHarm: share(({ harm }) => harm),
    falseRate: share(({ rateAlarm }) => rateAlarm),
    falseLatency: share(({ latencyAlarm }) => latencyAlarm),
    naive: share(({ naive }) => naive),
    cases: cases.map(({ sessions, oneTest, ...rest }) => ({
      ...rest,
      median: median(sessions),
      p90: quantile(sessions, 0.9),
      oneTestMedian: median(oneTest),
    })),
  };
}

/**
 * One rollout, looked at every ten minutes, during and after each hour. Late sessions change hours
 * that were looked at before.
 * @param {number} seed
 * @param {Rates} champion
 * @param {Rates} challenger
 * @param {{ devices: number, hours: number, untilHarm: boolean }} options
 * @returns {Rollout}
 */
function watch(seed, champion, challenger, { devices, hours, untilHarm }) {
  const random = seededRandom(seed);
  const fleets = [champion, challenger].map(({ failed, slower }) =>
    Array.from({ length: devices }, () => ({
      group: Math.floor(random() * GROUPS),
      failed: drawBeta(random, failed * DEVICE_SPREAD, (1 - failed) * DEVICE_SPREAD),
      ms: 20 * slower * Math.exp(DEVICE_LATENCY_SD * drawNormal(random)),
      rate: SESSIONS_PER_DEVICE_HOUR * Math.exp(0.8 * drawNormal(random) - 0.32),
      hours: new Set(),
      failedHours: new Set(),
    })),
  );
  /** @type {Map<number, Profile>[]} */
  const arms = [new Map(), new Map()];
  /** @type {Session[][]} */
  const due = [];
  /** @type {Rollout} */
  const result = {
    harm: false,
    rateAlarm: false,
    latencyAlarm: false,
    naive: false,
    sessions: 0,
    oneTestAt: undefined,
  };
  const totals = [
    { n: 0, failures: 0 },
    { n: 0, failures: 0 },
  ];
  for (let look = 1; look <= hours * LOOKS_AN_HOUR; look += 1) {
    const hour = Math.floor((look - 1) / LOOKS_AN_HOUR);
    // Activity by time of day: nearly none at night.
    const season = 1 + 0.8 * Math.sin((2 * Math.PI * hour) / 24);
    fleets.forEach((fleet, arm) => {
      for (const device of fleet) {
        if (random() > (device.rate * season) / LOOKS_AN_HOUR) continue;
        (due[look + lateBy(random)] ??= []).push({
          arm,
          hour,
          device,
          failed: random() < device.failed,
          calls: Array.from(
            { length: CALLS },
            () => device.ms * Math.exp(CALL_LATENCY_SD * drawNormal(random)),
          ),
        });
      }
    });
    for (const session of due[look] ?? []) add(arms[session.arm], totals[session.arm], session);
    if (totals[0].n === 0 || totals[1].n === 0) continue;
    const { verdict, metrics } = compareVersions(
      {
        champion: [...arms[0].values()].map(comparedOf),
        challenger: [...arms[1].values()].map(comparedOf),
      },
      0.5,
    );
    result.sessions = totals[1].n;
    /** @param {string} name */
    const eOf = (name) => metrics.find((metric) => metric.name === name)?.eValue ?? 1;
    result.rateAlarm ||= eOf('failed-sessions') >= ALARM;
    result.latencyAlarm ||= eOf('latency') >= ALARM;
    result.naive ||= zOf(totals) > Z;
    if (
      (eOf('failed-sessions') >= ALARM || eOf('latency') >= ALARM) &&
      result.oneTestAt === undefined
    )
      result.oneTestAt = totals[1].n;
    if (verdict === 'harm') {
      result.harm = true;
      if (untilHarm) return result;
    }
  }
  return result;
}

/** @param {Random} random */
function lateBy(random) {
  let rest = random();
  const hours = LATE.findIndex((share) => (rest -= share) < 0);
  return hours <= 0 ? 0 : Math.round((hours - random()) * LOOKS_AN_HOUR);
}

/**
 * @param {Map<number, Profile>} arm
 * @param {Totals} totals
 * @param {Session} session
 */
function add(arm, totals, { hour, device, failed, calls }) {
  const id = hour * GROUPS + device.group;
  const known = arm.get(id);
  const profile = known ?? {
    ...emptyProfile({
      model: 'm',
      version: '1',
      reference: '',
      backend: '',
      browser: '',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: device.group,
      hour,
    }),
    devices: 0,
    sessions: { started: 0, degraded: 0, failed: 0 },
    latency: STAGES.map(() => new Float64Array(LATENCY_BUCKETS)),
  };
  if (!known) arm.set(id, profile);
  profile.sessions.started += 1;
  profile.sessions.failed += Number(failed);
  profile.devices += addOnce(device.hours, hour);
  if (failed) profile.failedDevices += addOnce(device.failedHours, hour);
  for (const ms of calls) profile.latency[TOTAL][latencyBucket(ms)] += 1;
  totals.n += 1;
  totals.failures += Number(failed);
}

/**
 * 1 if the hour is new in `hours`, else 0.
 * @param {Set<number>} hours
 * @param {number} hour
 */
function addOnce(hours, hour) {
  if (hours.has(hour)) return 0;
  hours.add(hour);
  return 1;
}

/**
 * The usual manual test: two proportions, at 5 %.
 * @param {readonly Totals[]} totals
 */
function zOf([a, b]) {
  const p = (a.failures + b.failures) / (a.n + b.n);
  const error = Math.sqrt(p * (1 - p) * (1 / a.n + 1 / b.n));
  return error > 0 ? Math.abs(b.failures / b.n - a.failures / a.n) / error : 0;
}
