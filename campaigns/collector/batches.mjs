// Batches as devices make them, with random counts.
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createCounters, encodeBatch, encodeFrame, keyText } from '@perigee/profile';
import { inputOf, MAX_IDS, MODEL, VERSION } from '../shared/traced-registry.mjs';

const HOUR_MS = 3_600_000;
/**
 * Windows begin up to nine days ago, so that hours become days while the campaign's clock goes on.
 */
const OLDEST_HOURS = 9 * 24;
const BACKENDS = /** @type {const} */ (['wasm', 'webgpu', 'cpu']);
const BROWSERS = /** @type {const} */ (['chromium', 'firefox', 'webkit', 'node']);

/**
 * A batch, and the body of its upload.
 * @typedef {import('@perigee/profile').SealedBatch & { body: Uint8Array }} MadeBatch
 */

/**
 * @typedef {object} BatchSource
 * @property {() => MadeBatch} next makes another batch
 */

/**
 * @param {object} options
 * @param {import('../shared/traced-registry.mjs').TracedRegistry} options.registry
 * @param {() => number} options.random
 * @param {() => number} options.clockMs returns how far the collector's clock is ahead
 * @returns {BatchSource}
 */
export function createBatches({ registry, random, clockMs }) {
  const counters = createCounters(registry.profile);
  return {
    next() {
      const now = Date.now() + clockMs();
      // A batch is of one device: one group and browser, one profile a key.
      const device = { browser: pick(random, BROWSERS), group: below(random, 4) };
      const all = Array.from({ length: 1 + below(random, 3) }, () => {
        const hour = Math.floor(now / HOUR_MS) - Math.floor(random() ** 2 * OLDEST_HOURS);
        return makeProfile(counters, random, { ...device, hour, reference: registry.id });
      });
      const profiles = [...new Map(all.map((one) => [keyText(one.key), one])).values()];
      const lost = random() < 0.1 ? { refused: 1 + below(random, 3), 'queue-full': 1 } : {};
      const batch = { batchId: randomBytes(16).toString('hex'), sealedAtMs: now, lost, profiles };
      const plain = encodeBatch(batch);
      const gzip = random() < 0.7;
      const record = gzip ? gzipSync(plain) : plain;
      return { ...batch, body: encodeFrame({ sentAtMs: now, gzip, record }) };
    },
  };
}

/**
 * @param {import('@perigee/profile').Counters} counters
 * @param {() => number} random
 * @param {Pick<import('@perigee/profile').ProfileKey, 'browser' | 'group' | 'hour' | 'reference'>} key
 * @returns {import('@perigee/profile').Profile}
 */
function makeProfile(counters, random, key) {
  for (let left = 1 + below(random, 8); left > 0; left -= 1) {
    counters.observePrediction();
    for (const [index, value] of inputOf(below(random, MAX_IDS)).entries())
      counters.observeFeature(index, value);
    counters.observeOutput(below(random, 2), random());
    counters.observeLatency('total', random() * 50);
    if (random() < 0.1) counters.observeError('TIMEOUT');
  }
  const counted = counters.snapshot({
    model: MODEL,
    version: VERSION,
    backend: pick(random, BACKENDS),
    segment: '',
    sampling: 0,
    privacy: 0,
    ...key,
  });
  // Some profiles are the first of their device's hour.
  return random() < 0.5 ? counted : { ...counted, devices: 0, failedDevices: 0 };
}

/**
 * A whole number from 0, less than the limit.
 * @param {() => number} random
 * @param {number} limit
 */
function below(random, limit) {
  return Math.floor(random() * limit);
}

/**
 * @template T
 * @param {() => number} random
 * @param {readonly [T, ...T[]]} list
 */
function pick(random, list) {
  return list[below(random, list.length)] ?? list[0];
}
