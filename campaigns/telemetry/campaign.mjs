// Kills devices and their network while they predict and send. In the end every prediction known to
// have been stored must be counted exactly once.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@perigee/profile/analysis';
import { progress } from '../../scripts/progress.mjs';
import { makeTracedRegistry } from '../shared/traced-registry.mjs';
import { openFront } from './front.mjs';
import { createLedger } from './ledger.mjs';
import { killNode } from './node.mjs';

const COLLECTOR = fileURLToPath(new URL('collector.mjs', import.meta.url));

/**
 * State that all devices of a campaign share.
 * @typedef {object} Shared
 * @property {import('./front.mjs').Front} front
 * @property {import('./ledger.mjs').Ledger} ledger
 * @property {() => number} random
 * @property {string} registry
 */

/**
 * The kills of one kind of devices.
 * @typedef {object} Killed
 * @property {Readonly<Record<string, number>>} seen kills by moment
 * @property {string[]} faults
 * @property {number} pendingLost losses that are not reported yet
 * @property {number} leftovers half-written files in the stores
 */

/**
 * @typedef {object} Options
 * @property {number} nodeKills
 * @property {number} tabKills
 * @property {number} seed
 * @property {string | undefined} chromium path
 * @property {string} lab folder of the built lab page
 */

/**
 * @param {string} folder
 * @param {Options} options
 */
export async function runCampaign(folder, options) {
  const random = seededRandom(options.seed);
  const { path: registry } = await makeTracedRegistry(join(folder, 'published'));
  const dataDir = join(folder, 'collector');
  const collector = await startCollector({ dataDir, registry });
  const { front, close } = await openFront({
    collectorUrl: collector.url,
    folders: { '/': options.lab, '/registry/': registry },
    random,
  });
  const ledger = createLedger();
  /** @type {Map<string, Killed>} */
  const results = new Map();
  try {
    await killAll({ front, ledger, random, registry }, folder, options, results);
  } finally {
    await collector.close();
    await close();
  }
  const compared = await ledger.compare(join(dataDir, 'collector.sqlite'), front.refused);
  const all = [...results.values()];
  const pendingLost = all.reduce((sum, result) => sum + result.pendingLost, 0);
  return {
    ...compared,
    results,
    faults: [...all.flatMap(({ faults }) => faults), ...front.faults, ...compared.faults],
    lost: compared.reportedLost + pendingLost,
    leftovers: all.reduce((sum, result) => sum + result.leftovers, 0),
    refused: front.refused.size,
    everRefused: front.everRefused.size,
    fates: front.fates,
    batches: front.batches.size,
    recorded: ledger.recorded,
  };
}

/**
 * @param {Shared} shared
 * @param {string} folder
 * @param {Options} options
 * @param {Map<string, Killed>} results by kind of devices
 */
async function killAll(shared, folder, { nodeKills, tabKills, chromium }, results) {
  if (nodeKills > 0) {
    const killed = await killNode(shared, {
      progress: reportTo('Killing devices in Node'),
      folder: join(folder, 'devices'),
      kills: nodeKills,
    });
    results.set('Node, files', killed);
  }
  if (tabKills > 0) {
    const { killTabs } = await import('./chromium.mjs');
    const killed = await killTabs(shared, {
      progress: reportTo('Killing tabs in Chromium'),
      profile: join(folder, 'profile'),
      kills: tabKills,
      executablePath: chromium,
    });
    results.set('Chromium, IndexedDB', killed);
  }
}

/**
 * Starts the campaign's collector, which is not killed.
 * @param {{ dataDir: string, registry: string }} options
 */
async function startCollector(options) {
  const child = fork(COLLECTOR, [JSON.stringify(options)]);
  const ended = once(child, 'exit');
  /** @type {{ url: string }[]} */
  const [message] = await once(child, 'message');
  if (!message) throw new Error('The collector did not start.');
  return {
    url: message.url,
    async close() {
      child.send('close');
      await ended;
    },
  };
}

/**
 * Shows the progress of kills until all are made.
 * @param {string} title
 */
function reportTo(title) {
  const { say, done } = progress(title);
  let isDone = false;
  return (/** @type {number} */ count, /** @type {number} */ of) => {
    if (isDone) return;
    say(`${count} of ${of}`);
    isDone = count >= of;
    if (isDone) done();
  };
}
