// Answers of a collector with a million profiles in it, over HTTP.
import { bigStore } from './big-store.mjs';
import { MODEL, VERSIONS } from './devices.mjs';
import { quantile } from '../report/format.mjs';
import { startServer } from './processes.mjs';

/** @typedef {import('./types.d.ts').QueryOptions} QueryOptions */

export const COMPARE = `v1/models/${MODEL}/compare?champion=${VERSIONS[3]}&challenger=${VERSIONS[4]}`;
const QUESTIONS = {
  'drift, 24 h': `v1/models/${MODEL}/drift?version=1.3.0`,
  'drift history, 24 h': `v1/models/${MODEL}/drift-history?version=1.3.0`,
  'performance, 24 h': `v1/models/${MODEL}/performance?version=1.3.0`,
  'timeline, 24 h': `v1/models/${MODEL}/timeline`,
  'drift, 7 days': `v1/models/${MODEL}/drift?version=1.3.0&from=${new Date(Date.now() - 7 * 86_400_000).toISOString()}`,
  'two versions, 7 days': COMPARE,
};
/** A collector at rest uses less CPU than this in a pause. */
const REST_MS = 20;
const PAUSE_MS = 1_000;
/** The requests that the first page of the dashboard makes together. */
export const PAGE = ['v1/overview', 'v1/alerts'];

/** @param {QueryOptions} options */
export async function measureQueries({ folder, model, profiles, days, rounds, say }) {
  const store = await bigStore(folder, { model, profiles, days, say });
  // The monitor does not look during the questions. The time of a look is a row of the table.
  const server = await startServer({
    dataDir: store.dataDir,
    registry: model.registry,
    everyMs: 1e9,
  });
  try {
    await atRest(server);
    /** @type {Record<string, Awaited<ReturnType<typeof timed>>>} */
    const rows = {};
    rows['overview page'] = await timed(server, rounds, () =>
      Promise.all(PAGE.map((path) => ask(server.url, path))),
    );
    for (const [name, path] of Object.entries(QUESTIONS)) {
      say(name);
      rows[name] = await timed(server, rounds, () => ask(server.url, path));
    }
    const { rss } = await server.ask('memory');
    return { ...store, rows, rss };
  } finally {
    await server.close();
  }
}

/**
 * @param {import('./types.d.ts').Server} server
 * @param {number} rounds
 * @param {() => Promise<unknown>} work
 */
async function timed(server, rounds, work) {
  const times = [];
  const before = await server.ask('cpu');
  for (let i = 0; i < rounds; i += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  const after = await server.ask('cpu');
  const cpu = (after.user + after.system - before.user - before.system) / 1_000 / rounds;
  return { first: times[0], cpu, p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

/**
 * Waits until the collector has done what it does after its start.
 * @param {import('./types.d.ts').Server} server
 */
async function atRest(server) {
  const used = async () => {
    const { user, system } = await server.ask('cpu');
    return (user + system) / 1_000;
  };
  for (let before = 0, now = await used(); now - before > REST_MS; before = now, now = await used())
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/**
 * @param {string} url
 * @param {string} path
 */
export async function ask(url, path) {
  const response = await fetch(new URL(path, url));
  const body = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body.slice(0, 300)}`);
}

/**
 * Time from the start of the process to the first answer.
 * @param {QueryOptions} options
 */
export async function measureRestart({ folder, model, profiles, days, rounds, say }) {
  const store = await bigStore(folder, { model, profiles, days, say });
  const times = [];
  const cpu = [];
  for (let i = 0; i < rounds; i += 1) {
    const start = performance.now();
    const server = await startServer({ dataDir: store.dataDir, registry: model.registry });
    await ask(server.url, 'v1/health');
    times.push(performance.now() - start);
    const { user, system } = await server.ask('cpu');
    cpu.push((user + system) / 1e6);
    await server.close();
  }
  return { ...store, times, cpu };
}
