// The size of an upload and the cost of counting, compared with common alternatives.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createCounters, encodeBatch, encodeFrame, STAGES } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { run } from '../../scripts/steps.mjs';
import { firstLineOf, median } from '../report/format.mjs';
import { deviceProfile, FEATURES } from './devices.mjs';
import { normalReference } from './fixture.mjs';
import { drawNormal } from '../draws.mjs';

/** @typedef {import('@perigee/profile').Profile} Profile */
/** @typedef {import('@perigee/profile').ReferenceProfile} ReferenceProfile */

/**
 * @typedef {object} PayloadOptions
 * @property {readonly number[]} features
 * @property {readonly number[]} counts predictions of an hour
 * @property {number} rounds
 * @property {string} folder for the peer
 * @property {import('../report/types.d.ts').Say} say
 */

/**
 * The peer, or the reason why it is missing.
 * @typedef {object} Sketches
 * @property {new () => { count: number, accept(value: number): void }} [DDSketch]
 * @property {string} [missing]
 */

const PEER = '@datadog/sketches-js';
const PEER_VERSION = '2.1.1';
const VALUES = 2_000_000;
const BARE_BINS = 32;

/** @param {PayloadOptions} options */
export async function measurePayload({ features, counts, rounds, folder, say }) {
  const rows = [];
  for (const many of features) {
    const reference = normalReference(seededRandom(2), many, 5_000);
    for (const predictions of counts) {
      say(`${many} features, ${predictions} predictions`);
      const key = {
        model: 'credit',
        version: '1.3.0',
        reference: '0123456789abcdef',
        backend: 'wasm',
        browser: 'chromium',
        segment: '',
        sampling: 0,
        privacy: 0,
        group: 7,
        hour: 490_000,
      };
      const profile = deviceProfile(seededRandom(predictions), reference, key, predictions);
      const record = encodeBatch({
        batchId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
        sealedAtMs: 1_764_000_000_000,
        lost: {},
        profiles: [profile],
      });
      const frame = encodeFrame({
        sentAtMs: 1_764_000_000_000,
        gzip: true,
        record: gzipSync(record),
      });
      const otlp = Buffer.from(JSON.stringify(asOtlp(profile, reference)));
      rows.push({
        features: many,
        predictions,
        raw: record.length,
        gzip: frame.length,
        otlp: otlp.length,
        otlpGzip: gzipSync(otlp).length,
      });
    }
  }
  return { rows, cost: await cost({ folder, rounds, say }) };
}

/**
 * The same counts as OTLP/JSON metrics, as the JavaScript SDK writes them: an explicit histogram
 * for each feature, stage and score, sums for the rest.
 * @param {Profile} profile
 * @param {ReferenceProfile} reference
 */
function asOtlp({ key, predictions, features, labels, scores, latency, sessions }, reference) {
  const attributes = Object.entries(key).map(([name, value]) => ({
    key: `ml.${name}`,
    value: { stringValue: String(value) },
  }));
  const [startTimeUnixNano, timeUnixNano] = ['1764000000000000000', '1764003600000000000'];
  /**
   * @param {Record<string, string>} more
   * @param {object} of
   */
  const point = (more, of) => ({
    attributes: Object.entries(more).map(([name, value]) => ({
      key: name,
      value: { stringValue: value },
    })),
    startTimeUnixNano,
    timeUnixNano,
    ...of,
  });
  /**
   * @param {ArrayLike<number>} counts
   * @param {readonly number[]} bounds
   */
  const histogram = (counts, bounds) => ({
    count: Array.from(counts).reduce((a, b) => a + b, 0),
    bucketCounts: Array.from(counts),
    explicitBounds: bounds,
  });
  /**
   * @param {string} name
   * @param {'sum' | 'histogram'} kind
   * @param {readonly object[]} dataPoints
   */
  const metric = (name, kind, dataPoints) => ({
    name,
    unit: '1',
    [kind]: { aggregationTemporality: 1, ...(kind === 'sum' && { isMonotonic: true }), dataPoints },
  });
  /**
   * @param {number} length
   * @param {number} from
   * @param {number} ratio
   */
  const bounds = (length, from, ratio) =>
    Array.from({ length: length - 1 }, (_, i) => from * ratio ** (i + 1));
  return {
    resourceMetrics: [
      {
        resource: { attributes, droppedAttributesCount: 0 },
        scopeMetrics: [
          {
            scope: { name: 'ml', version: '1' },
            metrics: [
              metric('ml.inferences', 'sum', [point({}, { asInt: predictions })]),
              metric(
                'ml.sessions',
                'sum',
                Object.entries(sessions).map(([outcome, count]) =>
                  point({ outcome }, { asInt: count }),
                ),
              ),
              metric(
                'ml.feature',
                'histogram',
                features.map(({ bins }, i) =>
                  point(
                    { feature: reference.features[i].name },
                    histogram(bins, edgesOf(reference.features[i])),
                  ),
                ),
              ),
              metric(
                'ml.feature.quality',
                'sum',
                features.flatMap(({ missing, invalid, below, above }, i) =>
                  Object.entries({ missing, invalid, below, above })
                    .filter(([, count]) => count > 0)
                    .map(([what, count]) =>
                      point({ feature: reference.features[i].name, what }, { asInt: count }),
                    ),
                ),
              ),
              metric(
                'ml.label',
                'sum',
                [...labels].map((count, i) =>
                  point({ label: reference.output?.labels[i] ?? '' }, { asInt: count }),
                ),
              ),
              metric('ml.score', 'histogram', [
                point(
                  {},
                  histogram(
                    scores,
                    Array.from({ length: 99 }, (_, i) => (i + 1) / 100),
                  ),
                ),
              ]),
              metric(
                'ml.duration',
                'histogram',
                latency
                  .map((counts, i) => ({
                    stage: STAGES[i],
                    of: histogram(counts, bounds(96, 2 ** -6, 2 ** 0.25)),
                  }))
                  .filter(({ of }) => of.count > 0)
                  .map(({ stage, of }) => point({ stage }, of)),
              ),
            ],
          },
        ],
      },
    ],
  };
}

/** @param {ReferenceProfile['features'][number]} feature */
function edgesOf(feature) {
  return feature.kind === 'numeric' ? feature.edges : [];
}

/**
 * Nanoseconds a value: medians of rounds that take turns.
 * @param {Pick<PayloadOptions, 'folder' | 'rounds' | 'say'>} options
 */
async function cost({ folder, rounds, say }) {
  say('counting');
  const random = seededRandom(4);
  const records = Array.from({ length: 4_096 }, () =>
    Array.from({ length: FEATURES }, () => drawNormal(random)),
  );
  const reference = normalReference(seededRandom(2), FEATURES, 5_000);
  const { DDSketch, missing } = await sketches(folder);
  /** @type {Record<string, () => unknown>} */
  const sides = {
    perigee() {
      const counters = createCounters(reference);
      for (let i = 0; i < VALUES / FEATURES; i += 1) counters.observeFeatures(records[i & 4_095]);
      return counters.empty;
    },
    // The least that counts a value: one multiplication and one increment. Bins of equal width, no
    // edges of a reference, and nothing is checked.
    bare() {
      const counts = new Uint32Array(FEATURES * BARE_BINS);
      for (let i = 0; i < VALUES / FEATURES; i += 1) {
        const record = records[i & 4_095];
        for (let f = 0; f < FEATURES; f += 1) {
          const bin = (record[f] * 2 + BARE_BINS / 2) | 0;
          counts[f * BARE_BINS + (bin & (BARE_BINS - 1))] += 1;
        }
      }
      return counts[0];
    },
    ...(DDSketch && {
      ddsketch() {
        const list = Array.from({ length: FEATURES }, () => new DDSketch());
        for (let i = 0; i < VALUES / FEATURES; i += 1) {
          const record = records[i & 4_095];
          for (let f = 0; f < FEATURES; f += 1) list[f].accept(record[f]);
        }
        return list[0].count;
      },
    }),
  };
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds + 1; round += 1) {
    for (const [name, side] of Object.entries(sides)) {
      const start = process.cpuUsage();
      side();
      const { user, system } = process.cpuUsage(start);
      // The first round includes compilation.
      if (round > 0) times[name].push(((user + system) * 1_000) / VALUES);
    }
  }
  return {
    perigee: median(times.perigee),
    bare: median(times.bare),
    ...(DDSketch && { ddsketch: median(times.ddsketch) }),
    missing,
  };
}

/**
 * @param {string} folder
 * @returns {Promise<Sketches>}
 */
async function sketches(folder) {
  const into = join(folder, 'sketches');
  try {
    if (!existsSync(join(into, 'node_modules', PEER))) {
      mkdirSync(into, { recursive: true });
      writeFileSync(
        join(into, 'package.json'),
        JSON.stringify({ private: true, name: 'bench-peer' }),
      );
      await run(
        process.platform === 'win32' ? 'npm.cmd' : 'npm',
        [
          'install',
          '--prefix',
          into,
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          `${PEER}@${PEER_VERSION}`,
        ],
        { env: { npm_config_workspaces: 'false', npm_config_prefix: undefined } },
      );
    }
    return createRequire(join(into, 'package.json'))(PEER);
  } catch (error) {
    return { missing: `${PEER} could not be installed: ${firstLineOf(error)}` };
  }
}
