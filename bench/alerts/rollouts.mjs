// Rollouts of many kinds: how often a version that is as good as the last one is called harmful,
// and how many days pass until a harmful one is.
import { seededRandom } from '@perigee/profile/analysis';
import { harmOf } from './rollout-verdict.mjs';
import { EQUAL, rollOut } from './rollout-fleet.mjs';

/** @typedef {import('./rollout-fleet.mjs').Scenario} Scenario */

export { EQUAL };

const HOURS = 4 * 24;
const DEVICES = 800;

/**
 * @param {number} share
 * @returns {Scenario['shareAt']}
 */
const constant = (share) => () => share;
/**
 * 1 → 5 → 25 → 90 % of the devices, six hours each.
 * @param {number} hour
 */
const ramp = (hour) => [0.01, 0.05, 0.25, 0.9][Math.min(3, Math.floor(hour / 6))];
/** @param {number} hour */
const day = (hour) => Math.sin((2 * Math.PI * hour) / 24);
/** @param {number} hour */
const calm = (hour) => ({ activity: 1 + 0.8 * day(hour), slower: 1, right: 0.9 });
/**
 * By day everything takes twice as long, and answers are wrong three times as often.
 * @param {number} hour
 */
const season = (hour) => ({
  activity: 1 + 0.8 * day(hour),
  slower: hour < 12 ? 2 : 1,
  right: hour < 12 ? 0.85 : 0.95,
});

/** @type {Readonly<Record<string, (random: import('../draws.mjs').Random) => Scenario>>} */
export const SCENARIOS = {
  'constant share': () => ({ devices: DEVICES, shareAt: constant(0.5), season: calm }),
  ramp: () => ({ devices: DEVICES, shareAt: ramp, season: calm }),
  'ramp with season': () => ({ devices: DEVICES, shareAt: ramp, season }),
  'crash-looping devices': (random) => ({
    devices: DEVICES,
    shareAt: random() < 0.5 ? ramp : constant(0.05),
    season: calm,
    loopers: { share: random() < 0.5 ? 0.005 : 0.02, sessions: random() < 0.5 ? 1 : 5 },
  }),
  'wrong clocks': () => ({
    devices: DEVICES,
    shareAt: ramp,
    season,
    clocks: 0.03,
    before: 48,
    slowerSince: 24,
  }),
  'small arms': (random) => ({
    devices: 40 + Math.floor(80 * random()),
    shareAt: constant(random() < 0.5 ? 0.5 : 0.2),
    season,
    loopers: { share: 0.01, sessions: 1 },
  }),
};

/** @type {Readonly<Record<string, typeof EQUAL>>} */
export const HARMS = {
  'failures +4 points': { ...EQUAL, failed: 0.04 },
  'failures +20 points': { ...EQUAL, failed: 0.2 },
  'latency × 1.5': { ...EQUAL, slower: 1.5 },
  'accuracy −10 points': { ...EQUAL, wrong: 0.1 },
};

/**
 * @param {object} options
 * @param {number} options.runs rollouts of equal versions in each scenario
 * @param {number} options.power rollouts of harmful versions for each harm
 * @param {import('../report/types.d.ts').Say} options.say
 * @param {readonly string[]} [options.scenarios]
 * @returns one row a scenario
 */
export function measureRollouts({ runs, power, say, scenarios = Object.keys(SCENARIOS) }) {
  return scenarios.map((name) => {
    /**
     * @param {number} first
     * @param {number} count
     * @param {typeof EQUAL} worse
     */
    const hours = (first, count, worse) =>
      Array.from({ length: count }, (_, i) => {
        if (i % 50 === 0) say(`${name}, ${i} of ${count}`);
        return harmIn(name, first + i, worse);
      });
    const equal = hours(100_000, runs, EQUAL);
    const harms = Object.entries(HARMS).map(([harm, worse], i) => {
      const found = hours(200_000 * (i + 2), power, worse);
      return { harm, runs: power, found: counted(found), medianHours: middle(found) };
    });
    return { name, runs, falseHarm: counted(equal), harms };
  });
}

/**
 * Hours from the start of the rollout until it is called harmful; null for never.
 * @param {string} name of the scenario
 * @param {number} seed
 * @param {typeof EQUAL} worse harm of the new version
 * @returns {number | null}
 */
export function harmIn(name, seed, worse) {
  const scenario = SCENARIOS[name](seededRandom(seed + 7));
  const before = scenario.before ?? 0;
  const hour = harmOf(rollOut(seed, scenario, worse, HOURS), before);
  return hour === null ? null : hour + 1 - before;
}

/** @param {readonly (number | null)[]} hours */
function counted(hours) {
  return hours.filter((hour) => hour !== null).length;
}

/** @param {readonly (number | null)[]} hours */
function middle(hours) {
  const sorted = hours.map((hour) => hour ?? Infinity).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return Number.isFinite(median) ? median : null;
}
