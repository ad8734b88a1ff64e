// Devices with stores of files: processes that are killed while they predict and send, one or two
// at a time on one folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const DEVICE = fileURLToPath(new URL('node-device.mjs', import.meta.url));
const DEVICES = 3;
const PREDICTIONS = 14;
const SPAN_MS = 1_500;
const START_SPAN_MS = 700;
const DRAIN_MS = 90_000;

/**
 * @typedef {object} NodeCampaign
 * @property {import('./campaign.mjs').Shared} shared
 * @property {number} left kills that are still to be made
 * @property {ReturnType<typeof noKills>} seen
 * @property {string[]} faults
 */

/**
 * @param {import('./campaign.mjs').Shared} shared
 * @param {object} options
 * @param {string} options.folder
 * @param {number} options.kills
 * @param {(done: number, of: number) => void} options.progress
 * @returns {Promise<import('./campaign.mjs').Killed>}
 */
export async function killNode(shared, { folder, kills, progress }) {
  /** @type {NodeCampaign} */
  const campaign = { shared, left: kills, seen: noKills(), faults: [] };
  const stores = Array.from({ length: DEVICES }, (_, i) => join(folder, `device-${i}`));
  for (const store of stores) mkdirSync(store, { recursive: true });
  const report = () => progress(kills - campaign.left, kills);
  await Promise.all(stores.map((store) => runDevice(campaign, store, report)));
  shared.front.isCalm = true;
  const lost = await Promise.all(stores.map((store) => drain(campaign, store)));
  shared.front.isCalm = false;
  const files = stores.flatMap((store) => readdirSync(store));
  return {
    seen: campaign.seen,
    faults: campaign.faults,
    pendingLost: lost.reduce((sum, count) => sum + count, 0),
    leftovers: files.filter((name) => name.endsWith('.tmp')).length,
  };
}

function noKills() {
  return {
    'while it starts': 0,
    'while it predicts and sends': 0,
    'two on one store': 0,
    'it was done before': 0,
    'the network': 0,
  };
}

/**
 * Kills processes on one store until no kill is left.
 * @param {NodeCampaign} campaign
 * @param {string} store folder
 * @param {() => void} report
 */
async function runDevice(campaign, store, report) {
  while (campaign.left > 0) {
    const areTwo = campaign.left > 1 && campaign.shared.random() < 0.3;
    const lives = areTwo ? [true, true] : [false];
    campaign.left -= lives.length;
    await Promise.all(lives.map((isOneOfTwo) => liveAndDie(campaign, store, isOneOfTwo)));
    // A process that died with the lock blocks the next one for ten seconds. Let them pass.
    const lock = join(store, 'lock');
    if (existsSync(lock)) utimesSync(lock, 0, 0);
    report();
  }
}

/**
 * @param {NodeCampaign} campaign
 * @param {string} store folder
 * @param {boolean} isOneOfTwo whether another process uses the store at the same time
 */
async function liveAndDie(campaign, store, isOneOfTwo) {
  const { shared, seen, faults } = campaign;
  const { ledger, random, front, registry } = shared;
  const { from, to } = ledger.take(PREDICTIONS);
  const child = start({ registry, store, url: front.url, from, to, drain: false });
  const isEarly = random() < 0.15;
  let isDead = false;
  /** @param {number} spanMs */
  const killWithin = (spanMs) =>
    setTimeout(() => {
      isDead = true;
      child.kill();
    }, random() * spanMs);
  let timer = isEarly ? killWithin(START_SPAN_MS) : undefined;
  child.onLine((what, first, end) => {
    if (what === 'ready' && !isEarly) timer = killWithin(SPAN_MS);
    if (what === 'recorded') ledger.record(first, end);
  });
  const cutting = random() < 0.15 && cutNetwork(campaign);
  await child.ended;
  clearTimeout(timer);
  await cutting;
  seen[momentOf(isDead, isOneOfTwo, isEarly)] += 1;
  if (!isDead && child.code() !== 0)
    faults.push(`a device ended by itself: ${child.said().slice(0, 400)}`);
}

/**
 * @param {boolean} isDead
 * @param {boolean} isOneOfTwo
 * @param {boolean} isEarly
 */
function momentOf(isDead, isOneOfTwo, isEarly) {
  if (!isDead) return 'it was done before';
  if (isOneOfTwo) return 'two on one store';
  return isEarly ? 'while it starts' : 'while it predicts and sends';
}

/** @param {NodeCampaign} campaign */
async function cutNetwork({ shared: { front, random }, seen }) {
  seen['the network'] += 1;
  await wait(random() * 600);
  front.isCut = true;
  await wait(random() * 400);
  front.isCut = false;
}

/**
 * Sends everything that is left. Resolves to the number of losses that are not reported yet.
 * @param {NodeCampaign} campaign
 * @param {string} store folder
 */
async function drain({ shared: { registry, front }, faults }, store) {
  const child = start({ registry, store, url: front.url, from: 0, to: 0, drain: true });
  let left = NaN;
  let lost = 0;
  child.onLine((what, waiting, losses) => {
    if (what === 'drained') [left, lost] = [waiting, losses];
  });
  const timer = setTimeout(child.kill, DRAIN_MS);
  await child.ended;
  clearTimeout(timer);
  if (left !== 0)
    faults.push(
      `not all of ${store} was sent after all: ` +
        `${Number.isNaN(left) ? child.said().slice(0, 300) : left}`,
    );
  return lost;
}

/** @param {import('./node-device.mjs').DeviceOptions} options */
function start(options) {
  const child = spawn(process.execPath, [DEVICE, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const lines = createInterface({ input: child.stdout });
  return {
    kill: () => void child.kill('SIGKILL'),
    ended: once(child, 'close'),
    code: () => child.exitCode,
    said: () => said,
    /** @param {(what: string | undefined, first: number, second: number) => void} listener */
    onLine(listener) {
      lines.on('line', (line) => {
        const [what, first, second] = line.split(' ');
        listener(what, Number(first), Number(second));
      });
    },
  };
}
