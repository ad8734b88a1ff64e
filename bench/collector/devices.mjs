// A fleet of devices and their uploads: profiles counted by the SDK's own counters.
import { createCounters } from '@perigee/profile';
import { drawIndex, drawNormal } from '../draws.mjs';

/** @typedef {import('../draws.mjs').Random} Random */
/** @typedef {import('@perigee/profile').Profile} Profile */
/** @typedef {import('@perigee/profile').ReferenceProfile} ReferenceProfile */

/** @typedef {readonly (readonly [name: string, weight: number])[]} Weighted */
/** @typedef {Pick<Profile['key'], 'version' | 'backend' | 'browser' | 'group' | 'hour'>} Own */

export const MODEL = 'credit';
export const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'];
export const FEATURES = 20;
export const GROUPS = 16;
/** @type {Weighted} */
const BACKENDS = [
  ['wasm', 0.6],
  ['webgpu', 0.3],
  ['cpu', 0.08],
  ['native', 0.02],
];
/** @type {Weighted} */
const BROWSERS = [
  ['chromium', 0.75],
  ['webkit', 0.25],
];
const VERSION_SHARES = [0.02, 0.03, 0.05, 0.85, 0.05];
/**
 * Shares of windows of the running hour, of the hour before, and of earlier ones. Devices deliver
 * when they are next used.
 */
const AGES = [0.7, 0.2, 0.05, 0.03, 0.02];
const FEATURE_ICC = 0.3;
/** Milliseconds of each stage. */
const STAGE_MS = /** @type {const} */ ([
  ['queue', 0.05],
  ['preprocess', 0.1],
  ['inference', 2],
  ['total', 2.4],
]);

/** @param {Weighted} list */
const names = (list) => list.map(([name]) => name);
/** @param {Weighted} list */
const weights = (list) => list.map(([, weight]) => weight);

/**
 * Every combination of key values, to fill a store evenly.
 * @param {string} reference
 * @param {readonly number[]} hours
 */
export function everyKey(reference, hours) {
  return VERSIONS.flatMap((version) =>
    names(BACKENDS).flatMap((backend) =>
      names(BROWSERS).flatMap((browser) =>
        Array.from({ length: GROUPS }, (_, group) => group).flatMap((group) =>
          hours.map((hour) => key(reference, { version, backend, browser, group, hour })),
        ),
      ),
    ),
  );
}

/**
 * A random key of one device, with the shares of a fleet in the middle of a rollout.
 * @param {Random} random
 * @param {string} reference
 * @param {number} nowHour
 */
export function someKey(random, reference, nowHour) {
  return key(reference, {
    version: VERSIONS[drawIndex(random, VERSION_SHARES)],
    backend: names(BACKENDS)[drawIndex(random, weights(BACKENDS))],
    browser: names(BROWSERS)[drawIndex(random, weights(BROWSERS))],
    group: Math.floor(random() * GROUPS),
    hour: nowHour - drawIndex(random, AGES),
  });
}

/**
 * @param {string} reference
 * @param {Own} own
 * @returns {Profile['key']}
 */
function key(reference, { version, backend, browser, group, hour }) {
  return {
    model: MODEL,
    version,
    reference,
    backend,
    browser,
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour,
  };
}

/**
 * Predictions of a device in an hour: ten at most for half of the devices, hundreds for a few.
 * @param {Random} random
 */
export function someCount(random) {
  return Math.max(1, Math.min(1_000, Math.round(10 * Math.exp(1.1 * drawNormal(random)))));
}

/**
 * The counts of one device. Its rows resemble each other, like those of one person.
 * @param {Random} random
 * @param {ReferenceProfile} reference
 * @param {Profile['key']} profileKey
 * @param {number} [predictions]
 */
export function deviceProfile(random, reference, profileKey, predictions = someCount(random)) {
  const counters = createCounters(reference);
  const own = reference.features.map(() => drawNormal(random));
  counters.observeSession();
  if (random() < 0.05) counters.observeGolden(true);
  if (random() < 0.01) counters.observeError('INFERENCE_FAILED');
  for (let row = 0; row < predictions; row += 1) {
    counters.observePrediction();
    reference.features.forEach((_, i) =>
      counters.observeFeature(
        i,
        random() < 0.01
          ? null
          : Math.sqrt(FEATURE_ICC) * own[i] + Math.sqrt(1 - FEATURE_ICC) * drawNormal(random),
      ),
    );
    const score = 0.5 + 0.5 * random() ** 0.5;
    const label = random() < 0.3 ? 1 : 0;
    counters.observeOutput(label, score);
    if (random() < 0.1) counters.observeGroundTruth(label, random() < score ? label : 1 - label);
    for (const [stage, ms] of STAGE_MS)
      counters.observeLatency(stage, ms * Math.exp(0.4 * drawNormal(random)));
  }
  return counters.snapshot(profileKey);
}
