// Sends uploads while the monitor looks at a large store and people ask questions. Measures how
// long a sender waits for the other work of the process.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bigStore } from './big-store.mjs';
import { VARIANTS } from './ingest.mjs';
import { startLoad, startServer } from './processes.mjs';
import { ask, COMPARE, PAGE } from './query.mjs';

const CONNECTIONS = 256;
const NEVER_MS = 1e9;
/** Pause of a person between two questions. */
const PAUSE_MS = 1_000;

/**
 * @typedef {object} BesideOptions
 * @property {string} folder
 * @property {import('./fixture.mjs').PublishedModel} model
 * @property {string} referenceFile
 * @property {number} profiles
 * @property {number} days
 * @property {number} seconds
 * @property {number} warmSeconds
 * @property {number} perSecond
 * @property {number} lookMs time from one look of the monitor to the next; the real monitor looks
 *   every minute
 * @property {import('../report/types.d.ts').Say} say
 */

/** @param {BesideOptions} options */
export async function measureBeside({
  folder,
  model,
  referenceFile,
  profiles,
  days,
  seconds,
  warmSeconds,
  perSecond,
  lookMs,
  say,
}) {
  const store = await bigStore(folder, { model, profiles, days, say });
  /** @type {Record<string, { everyMs?: number, paths?: readonly string[] }>} */
  const cases = {
    'nothing else': {},
    'the monitor looks': { everyMs: lookMs },
    'overview page, again and again': { paths: PAGE },
    'two versions compared, again and again': { paths: [COMPARE] },
  };
  const rows = [];
  for (const [name, { everyMs = NEVER_MS, paths }] of Object.entries(cases)) {
    say(name);
    const dataDir = mkdtempSync(join(tmpdir(), 'perigee-beside-'));
    cpSync(store.dataDir, dataDir, { recursive: true });
    const load = await startLoad({
      referenceFile,
      variants: VARIANTS,
      seed: 41,
      nowHour: Math.floor(Date.now() / 3_600_000),
    });
    const server = await startServer({ dataDir, registry: model.registry, everyMs });
    try {
      /** @type {number[]} */
      const cpu = [];
      const note = async () => cpu.push((await server.ask('cpu')).mainThread);
      const sending = load.send(
        {
          url: server.url,
          connections: CONNECTIONS,
          seconds,
          warmSeconds,
          perSecond,
          ready: seconds * perSecond,
        },
        { onWarm: note, onOver: note },
      );
      const asked = paths ? askUntil(sending, server.url, paths) : undefined;
      const { perSecond: reached, p50, p99, worst, refused } = await sending;
      rows.push({
        name,
        reached,
        p50,
        p99,
        worst,
        refused: Object.values(refused).reduce((a, b) => a + b, 0),
        asked: await asked,
        mainShare: (cpu[1] - cpu[0]) / (seconds - warmSeconds),
      });
    } finally {
      load.close();
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return { perSecond, lookMs, rows };
}

/**
 * @param {Promise<unknown>} over
 * @param {string} url
 * @param {readonly string[]} paths
 * @returns how often all paths were answered
 */
async function askUntil(over, url, paths) {
  const isOver = over.then(() => true);
  let asked = 0;
  do {
    await Promise.all(paths.map((path) => ask(url, path)));
    asked += 1;
  } while (
    !(await Promise.race([isOver, new Promise((resolve) => setTimeout(resolve, PAUSE_MS))]))
  );
  return asked;
}
