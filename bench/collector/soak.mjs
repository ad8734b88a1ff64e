// Memory of a collector under a load that it can sustain.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VARIANTS } from './ingest.mjs';
import { startLoad, startServer } from './processes.mjs';

/** @typedef {{ seconds: number, rss: number, heap: number }} Sample memory in MiB */

/**
 * @typedef {object} SoakOptions
 * @property {import('./fixture.mjs').PublishedModel} model
 * @property {string} referenceFile
 * @property {number} seconds
 * @property {number} perSecond
 * @property {number} everySeconds time between two samples
 * @property {import('../report/types.d.ts').Say} say
 */

const T_95 = 1.96;

/** @param {SoakOptions} options */
export async function measureSoak({ model, referenceFile, seconds, perSecond, everySeconds, say }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'perigee-soak-'));
  const server = await startServer({ dataDir, registry: model.registry });
  const load = await startLoad({
    referenceFile,
    variants: VARIANTS,
    seed: 31,
    nowHour: Math.floor(Date.now() / 3_600_000),
  });
  const start = performance.now();
  /** @type {Sample[]} */
  const samples = [];
  const sending = load.send({ url: server.url, connections: 64, seconds, perSecond, ready: 0 });
  const over = sending.then(() => true);
  try {
    for (;;) {
      if (
        await Promise.race([
          over,
          new Promise((resolve) => setTimeout(resolve, everySeconds * 1_000)),
        ])
      )
        break;
      const { heapUsed, rss } = await server.ask('collect');
      samples.push({
        seconds: (performance.now() - start) / 1_000,
        rss: rss / 2 ** 20,
        heap: heapUsed / 2 ** 20,
      });
      const { seconds: at, rss: bytes } = samples[samples.length - 1];
      say(`${at.toFixed(0)} s, ${bytes.toFixed(0)} MiB`);
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
    };
  } finally {
    load.close();
    await server.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
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
