// The collector counts the predictions of a page that is left right after them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ROOT } from '../../../scripts/steps.mjs';
import { fetchedAhead } from '../../support/fetched-ahead.mjs';
import { ask, check } from '../ask.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */
/** @typedef {import('../types.d.ts').Tab} Tab */
/** @typedef {(tab: Tab, url: string) => Promise<void>} Leave */
/** @typedef {{ perigee: import('perigee').Perigee, model: import('perigee').Model }} Kept */
/** @typedef {typeof globalThis & { kept?: Kept }} Keeping */

const PREDICTIONS = 7;
const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;
const TWO_SECONDS_MS = 2_000;
const NEXT_VISIT_MS = 15_000;
const TRIES = 2;

/**
 * @param {string} url of the collector
 * @param {number} intervalMs
 */
async function loadCounted(url, intervalMs) {
  const perigee = globalThis.lab.createPerigee({
    registry: '/registry/',
    telemetry: { url, intervalMs },
  });
  const model = await perigee.load('wdbc', { update: 'local', backend: 'cpu' });
  /** @type {Keeping} */ (globalThis).kept = { perigee, model };
}

/** @param {number} count */
async function predict(count) {
  const { kept } = /** @type {Keeping} */ (globalThis);
  for (let i = 0; i < count; i += 1)
    await kept?.model.predict(Array.from({ length: 30 }, (_, feature) => feature + i));
}

/**
 * The number of predictions that the collector counted.
 * @param {string} url
 */
async function counted(url) {
  const response = await fetch(new URL('v1/models', url));
  const { models } =
    /** @type {{ models: { name: string, versions: { predictions: number }[] }[] }} */ (
      await response.json()
    );
  const versions = models.find(({ name }) => name === 'wdbc')?.versions ?? [];
  return versions.reduce((sum, { predictions }) => sum + predictions, 0);
}

/**
 * Waits until the collector counted so many.
 * @param {string} url
 * @param {number} count
 * @param {number} limitMs
 */
async function arrives(url, count, limitMs) {
  const end = Date.now() + limitMs;
  while ((await counted(url)) < count && Date.now() < end) await wait(100);
  return (await counted(url)) === count;
}

/**
 * Runs work with a collector of its own.
 * @template T
 * @param {(url: string) => Promise<T>} work
 */
async function withCollector(work) {
  // The packages may be compiled only after this file was loaded.
  const { startCollector } = await import('@perigee/collector');
  const dataDir = mkdtempSync(join(tmpdir(), 'perigee-collector-'));
  const registry = join(ROOT, '.perigee', 'test-registry');
  const collector = await startCollector({ port: 0, dataDir, registry });
  try {
    return await work(collector.url);
  } finally {
    await collector.close();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Predicts in a tab, leaves it, and opens the app again. Resolves to whether all counts arrived,
 * and none twice.
 * @param {import('../types.d.ts').Place} place
 * @param {string} url of the collector
 * @param {Leave} leave
 * @param {number} total the predictions that are counted then
 */
async function leaveAndReturn({ browser, host }, url, leave, total) {
  const tab = await browser.openTab();
  await tab.goto(host.url);
  await ask(tab, loadCounted, url, HOUR_MS);
  // The code that sends counts arrives after the load.
  await ask(tab, fetchedAhead);
  await ask(tab, predict, PREDICTIONS);
  await leave(tab, host.url);
  await browser.goto(host.url);
  await ask(browser, loadCounted, url, SECOND_MS);
  const isThere = await arrives(url, total, NEXT_VISIT_MS);
  await browser.goto(host.url);
  return isThere;
}

/**
 * @param {string} title
 * @param {Leave} leave
 * @returns {Scenario}
 */
const kept = (title, leave) => ({
  title,
  group: 'Telemetry',
  isInSlice: false,
  run: (place) =>
    withCollector(async (url) => {
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        const total = attempt * PREDICTIONS;
        const isThere = await leaveAndReturn(place, url, leave, total);
        check(isThere, `${total} were made, and counted are`, await counted(url));
      }
      return { says: 'all, at the latest at the next visit' };
    }),
});

/** @type {readonly Scenario[]} */
export const TELEMETRY = [
  kept('Counts of a page that navigates away after two seconds arrive', async (tab, url) => {
    await wait(TWO_SECONDS_MS);
    await tab.goto(`${url}blank.html`);
    await tab.closeTab();
  }),
  kept('Counts of a tab that is closed after two seconds arrive', async (tab) => {
    await wait(TWO_SECONDS_MS);
    await tab.closeTab();
  }),
];
