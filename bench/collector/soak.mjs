// Memory of a collector under a load that it can sustain.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../report/format.mjs';
import { VARIANTS } from './ingest.mjs';
import { startLoad, startServer } from './processes.mjs';
import { ask, COMPARE, PAGE } from './query.mjs';

/**
 * Memory, and the files of the store, in MiB.
 * @typedef {Record<'seconds' | 'rss' | 'heap' | 'file' | 'wal', number>} Sample
 */

/**
 * @typedef {object} SoakOptions
 * @property {import('./fixture.mjs').PublishedModel} model
 * @property {string} referenceFile
 * @property {number} seconds
 * @property {number} perSecond
 * @property {number} everySeconds time between two samples
 * @property {import('../report/types.d.ts').Say} say
 */

const CONNECTIONS = 64;
const T_95 = 1.96;

/** @param {SoakOptions} options */
export async function measureSoak({ model, referenceFile, seconds, perSecond, everySeconds, say }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'perigee-soak-'));
  const server = await startServer({ dataDir, registry: model.registry });
  // The hours of the uploads follow the clock: a new hour has new sums.
  const load = await startLoad({ referenceFile, variants: VARIANTS, seed: 31 });
  const start = performance.now();
  /** @type {Sample[]} */
  const samples = [];
  const sending = load.send({
    url: server.url,
    connections: CONNECTIONS,
    seconds,
    perSecond,
    ready: 0,
  });
  const over = sending.then(() => true);
  try {
    for (;;) {
      const pause = new Promise((resolve) => setTimeout(resolve, everySeconds * 1_000));
      if (await Promise.race([over, pause])) break;
      await Promise.all([...PAGE, COMPARE].map((path) => ask(server.url, path)));
      const { heapUsed, rss } = await server.ask('collect');
      const sample = {
        seconds: (performance.now() - start) / 1_000,
        rss: rss / 2 ** 20,
        heap: heapUsed / 2 ** 20,
        file: sizeOf(join(dataDir, 'collector.sqlite')),
        wal: sizeOf(join(dataDir, 'collector.sqlite-wal')),
      };
      samples.push(sample);
      say(`${sample.seconds.toFixed(0)} s, ${sample.rss.toFixed(0)} MiB`);
    }
    const { perSecond: reached, p50, p99, refused } = await sending;
    // The first fifth is the warm-up.
    const settled = samples.filter((sample) => sample.seconds > seconds / 5);
    return {
      seconds,
      asked: perSecond,
      perSecond: reached,
      p50,
      p99,
      refused,
      samples,
      rss: slopeOf(settled, 'rss'),
      heap: slopeOf(settled, 'heap'),
      quarters: { first: quarterOf(samples, 0), last: quarterOf(samples, 3) },
    };
  } finally {
    load.close();
    await server.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** @param {string} path */
function sizeOf(path) {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20;
}

/**
 * Medians of a quarter of the samples.
 * @param {readonly Sample[]} samples
 * @param {number} quarter from 0
 */
function quarterOf(samples, quarter) {
  const part = samples.slice(
    Math.floor((quarter * samples.length) / 4),
    Math.floor(((quarter + 1) * samples.length) / 4),
  );
  /** @param {'rss' | 'heap' | 'file' | 'wal'} name */
  const of = (name) => median(part.map((sample) => sample[name]));
  return { rss: of('rss'), heap: of('heap'), file: of('file'), wal: of('wal') };
}

/**
 * MiB an hour by least squares, with its 95 % interval, treating samples as independent.
 * @param {readonly Sample[]} samples
 * @param {'rss' | 'heap'} name
 */
function slopeOf(samples, name) {
  const n = samples.length;
  const [x, y] = [
    samples.map(({ seconds }) => seconds / 3_600),
    samples.map((sample) => sample[name]),
  ];
  /** @param {readonly number[]} list */
  const mean = (list) => list.reduce((a, b) => a + b, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const slope = x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0) / sxx;
  const residual = y.reduce((sum, value, i) => sum + (value - my - slope * (x[i] - mx)) ** 2, 0);
  const error = Math.sqrt(residual / Math.max(1, n - 2) / sxx);
  return { mean: my, perHour: slope, low: slope - T_95 * error, high: slope + T_95 * error };
}
