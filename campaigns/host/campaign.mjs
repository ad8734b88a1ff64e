// Devices in processes of their own, and a registry with two versions on a host that misbehaves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@perigee/profile/analysis';
import { makeRegistry } from '../shared/two-versions.mjs';
import { serveRegistry } from './host.mjs';

const DEVICE = fileURLToPath(new URL('device.mjs', import.meta.url));
const YEAR_MS = 365.25 * 86_400_000;
/** Longer than any wait of the SDK here, unless a case says otherwise (`patienceMs`). */
const WATCHDOG_MS = 60_000;
const MAX_GROWTH = 200 * 1024 * 1024;
/** No host listens there. */
const NOWHERE = 'http://127.0.0.1:9/';

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./device.mjs').DeviceOptions} DeviceOptions */

/**
 * The printed result of a device, or the fact that it hung.
 * @typedef {object} Seen
 * @property {string} [version]
 * @property {string} [scores]
 * @property {string} [code]
 * @property {string} [text]
 * @property {number} [growth] of its memory, in bytes
 * @property {boolean} [hung]
 */

/**
 * @typedef {object} Campaign
 * @property {string} folder
 * @property {string} root file of the trusted root
 * @property {string} template store of a device that has 1.0.0
 * @property {Map<string | undefined, string | undefined>} expected right scores by version
 * @property {import('./host.mjs').Host} host
 * @property {import('./host.mjs').Host} mirror a good one
 * @property {import('./host.mjs').Host} spoiled a mirror that spoils everything
 */

/**
 * @param {string} folder
 * @param {number} seed
 * @returns {Promise<Campaign>}
 */
export async function openCampaign(folder, seed) {
  const good = await makeRegistry(join(folder, 'registry'));
  const other = await makeRegistry(join(folder, 'other'));
  await other.offerNew();
  const earlier = join(folder, 'earlier');
  cpSync(good.folder, earlier, { recursive: true });

  const folders = { good: good.folder, earlier, other: other.folder };
  /** @type {import('./host.mjs').Misdeed} */
  const nonsense = ({ response }) => void response.writeHead(200).end('nonsense');
  /** @type {Campaign} */
  const campaign = {
    folder,
    root: join(good.folder, 'metadata', '1.root.json'),
    template: join(folder, 'template'),
    expected: new Map(),
    host: await serveRegistry(folders, seededRandom(seed)),
    mirror: await serveRegistry(folders, seededRandom(seed)),
    spoiled: await serveRegistry(folders, seededRandom(seed), { spoil: () => nonsense }),
  };

  const first = await runDevice(campaign, campaign.template, 'latest');
  if (first.version !== '1.0.0')
    throw new Error(`The good host did not deliver: ${JSON.stringify(first)}`);
  await good.offerNew();
  const next = await runDevice(campaign, join(folder, 'reference'), 'latest');
  for (const { version, scores } of [first, next]) campaign.expected.set(version, scores);
  return campaign;
}

/** @param {Campaign} campaign */
export function closeCampaign({ host, mirror, spoiled }) {
  for (const server of [host, mirror, spoiled]) server.close();
}

/**
 * Runs devices against one fault: one that has 1.0.0, with and without network, a fresh one, and
 * the first again when the host is good.
 * @param {Campaign} campaign
 * @param {Case} one
 */
export async function runCase(campaign, one) {
  const { folder, host } = campaign;
  const start = performance.now();
  const [store, other] = [join(folder, 'device'), join(folder, 'fresh')];
  rmSync(store, { recursive: true, force: true });
  cpSync(campaign.template, store, { recursive: true });
  host.fault = one;
  const bases = basesOf(campaign, one);
  const updated = await runDevice(campaign, store, 'latest', one, bases);
  const offline = await runDevice(campaign, store, 'local', one, [NOWHERE]);
  const fresh = await runDevice(campaign, other, 'latest', one, bases);
  rmSync(other, { recursive: true, force: true });
  host.fault = {};
  const after = await runDevice(campaign, store, 'latest');
  rmSync(store, { recursive: true, force: true });
  return {
    broken: judge(campaign, one, { updated, offline, fresh, after }),
    said: { old: say(updated), fresh: say(fresh) },
    seconds: (performance.now() - start) / 1_000,
  };
}

/**
 * @param {Campaign} campaign
 * @param {Case} one
 */
function basesOf({ host, mirror, spoiled }, { goodMirror, badMirror }) {
  if (goodMirror) return [host.url, mirror.url];
  return badMirror ? [host.url, spoiled.url] : [host.url];
}

/**
 * Describes a fault of the devices; null if there is none.
 * @param {Campaign} campaign
 * @param {Case} one
 * @param {Record<'updated' | 'offline' | 'fresh' | 'after', Seen>} devices
 */
function judge({ expected }, { mustUpdate = false }, devices) {
  for (const [name, seen] of Object.entries(devices)) {
    if (seen.hung) return `${name}: it hung`;
    if ((seen.growth ?? 0) > MAX_GROWTH)
      return `${name}: it grew by ${Math.round((seen.growth ?? 0) / 1e6)} MB`;
    if (seen.version !== undefined && expected.get(seen.version) !== seen.scores)
      return `${name}: ${seen.version} answered wrongly`;
    if (seen.version === undefined && seen.code === undefined)
      return `${name}: it ended without a code: ${seen.text}`;
  }
  const { updated, offline, fresh, after } = devices;
  if (updated.version === undefined)
    return `a device that had 1.0.0 answered with nothing: ${updated.code}`;
  if (offline.version === undefined)
    return `without network it answered with nothing: ${offline.code}`;
  if (mustUpdate && (updated.version !== '1.1.0' || fresh.version !== '1.1.0'))
    return 'it did not take the good copy';
  return after.version === '1.1.0' ? null : `it did not recover: ${after.code ?? after.version}`;
}

/** @param {Seen} seen */
function say({ version, code, hung }) {
  return hung ? 'hung' : (version ?? code);
}

/**
 * @param {Campaign} campaign
 * @param {string} store folder
 * @param {DeviceOptions['update']} update
 * @param {Pick<Case, 'clockYears' | 'patienceMs'>} one
 * @param {string[]} bases
 * @returns {Promise<Seen>}
 */
async function runDevice({ host, root }, store, update, one = {}, bases = [host.url]) {
  const { clockYears = 0, patienceMs = WATCHDOG_MS } = one;
  /** @type {DeviceOptions} */
  const options = { bases, root, store, update, clockMs: clockYears * YEAR_MS };
  const child = spawn(process.execPath, [DEVICE, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  let hung = false;
  const watchdog = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, patienceMs);
  await once(child, 'close');
  clearTimeout(watchdog);
  if (hung) return { hung };
  try {
    return JSON.parse(out);
  } catch {
    return { text: `${out}${err}`.slice(-300) };
  }
}
