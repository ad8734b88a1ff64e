// One simulated rollout: the hourly uploads of its devices, as profiles of both versions.
import { LATENCY_BUCKETS, latencyBucket, STAGES } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { GROUPS } from '../collector/devices.mjs';
import { drawBeta, drawNormal } from '../draws.mjs';

/** @typedef {import('../draws.mjs').Random} Random */
/** @typedef {{ failed: number, slower: number, wrong: number }} Harm */

/** @typedef {import('@perigee/profile').Profile} Profile */

/**
 * A kind of rollout. Times are in hours.
 * @typedef {object} Scenario
 * @property {number} devices
 * @property {(hour: number) => number} shareAt share of the new version, by hour since the start
 * @property {(hour: number) => Season} season by hour of the day
 * @property {{ share: number, sessions: number }} [loopers] devices that crash again and again
 * @property {number} [clocks] share of devices with a wrong clock
 * @property {number} [before] hours before the rollout
 * @property {number} [slowerSince] hour from which everything is slower
 */

/** @typedef {{ activity: number, slower: number, right: number }} Season */

/**
 * @typedef {object} Device
 * @property {number} group
 * @property {number} bucket its place in the rollout, from 0 to 1
 * @property {0 | 1} has its version
 * @property {boolean} loops
 * @property {number} sessions in an hour of use
 * @property {number} failed probability that a session fails
 * @property {number} ln logarithm of its latency in milliseconds
 * @property {number} rate probability of use in an hour
 * @property {number} clock error in hours
 */

/**
 * The compared fields of a profile.
 * @typedef {object} RolloutProfile
 * @property {Pick<Profile['key'], 'group' | 'hour' | 'reference' | 'sampling' | 'privacy'>} key
 * @property {number} devices
 * @property {number} failedDevices
 * @property {{ started: number, degraded: number, failed: number }} sessions
 * @property {{ passed: number, failed: number }} golden
 * @property {Float64Array} labels
 * @property {Float64Array[]} latency
 * @property {Map<number, number>} confusion
 * @property {Profile['regression']} regression
 */

const TOTAL = STAGES.indexOf('total');
/** Failure rates differ between devices: Beta with mean p and this many pseudo-observations. */
const DEVICE_SPREAD = 50;
const FAILED = 0.01;
const MS = 20;
const DEVICE_LATENCY_SD = 0.5;
const CALL_LATENCY_SD = 0.4;
const CALLS = 3;
const LABELLED = 0.3;
const SESSIONS_AN_HOUR = 0.25;
const MAX_AHEAD_HOURS = 24;
const NORMALS = normals();

export const EQUAL = { failed: 0, slower: 1, wrong: 0 };

/**
 * @param {number} seed
 * @param {Scenario} scenario
 * @param {Harm} worse the challenger's harm to its devices; EQUAL for none
 * @param {number} hours
 * @returns {Record<'champion' | 'challenger', RolloutProfile[]>} the arms as the collector sums
 *   them. The rollout begins at hour `before`; until then every device has the champion
 */
export function rollOut(seed, scenario, worse, hours) {
  const random = seededRandom(seed);
  const devices = Array.from({ length: scenario.devices }, () => someDevice(random, scenario));
  const startsAt = Math.floor(random() * 24);
  /** @type {Map<number, RolloutProfile>[]} */
  const arms = [new Map(), new Map()];
  const { before = 0 } = scenario;
  for (let hour = 0; hour < before + hours; hour += 1) {
    const now = { hour, ...scenario.season((hour + startsAt) % 24) };
    if (hour >= (scenario.slowerSince ?? Infinity)) now.slower *= 1.6;
    const share = hour < before ? 0 : scenario.shareAt(hour - before);
    for (const device of devices) {
      if (random() >= device.rate * (device.loops ? 1 : now.activity)) continue;
      const arm = versionOf(device, share);
      const stamp = hour + device.clock;
      if (stamp < 0 || device.clock > MAX_AHEAD_HOURS) continue;
      use(random, device, sumAt(arms[arm], stamp, device.group), now, arm === 1 ? worse : EQUAL);
    }
  }
  return { champion: [...arms[0].values()], challenger: [...arms[1].values()] };
}

/**
 * @param {Random} random
 * @param {Scenario} scenario
 * @returns {Device}
 */
function someDevice(random, { loopers = { share: 0, sessions: 1 }, clocks = 0 }) {
  const loops = random() < loopers.share;
  return {
    group: Math.floor(random() * GROUPS),
    bucket: random(),
    has: 0,
    loops,
    sessions: loops ? loopers.sessions : 1,
    failed: loops ? 1 : drawBeta(random, FAILED * DEVICE_SPREAD, (1 - FAILED) * DEVICE_SPREAD),
    ln: Math.log(MS) + DEVICE_LATENCY_SD * drawNormal(random),
    rate: loops ? 1 : SESSIONS_AN_HOUR * Math.exp(0.8 * drawNormal(random) - 0.32),
    // Clock error in hours: from five days behind to two ahead.
    clock: random() < clocks ? Math.floor(168 * random()) - 120 : 0,
  };
}

/**
 * A device finds the new version when it is used, and runs it from the next use on.
 * @param {Device} device
 * @param {number} share
 */
function versionOf(device, share) {
  const has = device.has;
  if (device.bucket < share) device.has = 1;
  return has;
}

/**
 * @param {Random} random
 * @param {Device} device
 * @param {RolloutProfile} profile
 * @param {{ slower: number, right: number }} now
 * @param {Harm} worse
 */
function use(random, device, profile, { slower, right }, worse) {
  const ln = device.ln + Math.log(slower * worse.slower);
  profile.devices += 1;
  let hasFailed = 0;
  for (let session = 0; session < device.sessions; session += 1) {
    profile.sessions.started += 1;
    if (random() < device.failed || random() < worse.failed) {
      profile.sessions.failed += 1;
      hasFailed = 1;
    }
    // A looping device ends before its first prediction.
    if (device.loops) continue;
    for (let call = 0; call < CALLS; call += 1) {
      const ms = Math.exp(ln + CALL_LATENCY_SD * NORMALS[(random() * NORMALS.length) | 0]);
      profile.latency[TOTAL][latencyBucket(ms)] += 1;
    }
    if (random() >= LABELLED) continue;
    const cell = random() < right - worse.wrong ? 0 : 1;
    profile.confusion.set(cell, (profile.confusion.get(cell) ?? 0) + 1);
  }
  profile.failedDevices += hasFailed;
}

/**
 * Only the compared fields, because a whole profile would be mostly empty features.
 * @param {Map<number, RolloutProfile>} arm
 * @param {number} hour
 * @param {number} group
 * @returns {RolloutProfile}
 */
function sumAt(arm, hour, group) {
  const at = hour * GROUPS + group;
  const known = arm.get(at);
  if (known) return known;
  /** @type {RolloutProfile} */
  const profile = {
    key: { group, hour, reference: '', sampling: 0, privacy: 0 },
    devices: 0,
    failedDevices: 0,
    sessions: { started: 0, degraded: 0, failed: 0 },
    golden: { passed: 0, failed: 0 },
    labels: new Float64Array(2),
    latency: [],
    confusion: new Map(),
    regression: { count: 0, over: 0, under: 0, squaredError: 0, truth: 0, truthSquared: 0 },
  };
  profile.latency[TOTAL] = new Float64Array(LATENCY_BUCKETS);
  arm.set(at, profile);
  return profile;
}

function normals() {
  const random = seededRandom(1);
  return Float64Array.from({ length: 65_536 }, () => drawNormal(random));
}
