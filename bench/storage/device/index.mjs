// npm run bench -- devices: measures the stores that a device outside browsers could use, and the
// faults that each store survives. The results decided the choice of the store.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { f, firstLineOf, median, quantile } from '../../report/format.mjs';
import { CANDIDATES } from './candidates.mjs';

/** @typedef {import('./types.d.ts').Trial} Trial */

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const SMALL = randomBytes(200);
/** The values that feedback stores for one version: 200 groups of 1,000 predictions. */
const GROUPS = 200;
const GROUP_BYTES = 45_000;
const PROCESSES = 4;
const ADDS = 50;
/** Time limit for a writer that waits for a stopped one. */
const PATIENCE_MS = 8_000;

export const note =
  'Node, one folder. Milliseconds, median (p99) of small writes of 200 bytes that are on ' +
  `the disk when they resolve, in an empty store and beside ${GROUPS} values of ` +
  `${GROUP_BYTES / 1000} KB; a small read there; opening that store and reading one value. ` +
  `${PROCESSES} processes add ${ADDS} to one counter each. Stopped: another process writes ` +
  'while one is stopped (SIGSTOP) in its transaction, which then goes on. Flipped: one bit ' +
  'in the middle of a stored value, then that value is read.';

/**
 * @param {{ writes: number, modules: string, say: import('../../report/types.d.ts').Say }} options
 * @returns rows of a table with a head
 */
export async function measureDeviceStores({ writes, modules, say }) {
  const head = [
    '',
    'small write, empty',
    'small write, 9 MB',
    'small read, 9 MB',
    'open, 9 MB',
    `${PROCESSES} × ${ADDS} adds`,
    'a writer is stopped',
    'a bit is flipped',
    'to install',
  ];
  /** @type {string[][]} */
  const rows = [head];
  for (const [name, { title, install, needs }] of Object.entries(CANDIDATES)) {
    if (needs && !existsSync(join(modules, Object.keys(needs)[0]))) continue;
    const root = mkdtempSync(join(tmpdir(), 'perigee-device-store-'));
    try {
      /**
       * @template Result
       * @param {string} what
       * @param {(trial: Trial) => Promise<Result>} work
       * @returns {Promise<Result>}
       */
      const step = async (what, work) => {
        say(`${title}: ${what}`);
        return work({
          name,
          folder: join(root, what.replaceAll(' ', '-')),
          open: (folder) => CANDIDATES[name].open(folder, modules),
          modules,
          writes,
        });
      };
      rows.push([
        title,
        await step('empty', smallWrites),
        ...(await step('filled', filled)),
        await step('adds', adds),
        await step('stopped', stopped),
        await step('flipped', flipped),
        install,
      ]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  return rows;
}

/** @param {Trial} trial */
async function smallWrites({ folder, open, writes }) {
  const store = await open(folder);
  const times = await timed(writes, (i) => store.put(`small-${i % 20}`, SMALL));
  await store.close();
  return shown(times);
}

/** @param {Trial} trial */
async function filled({ folder, open, writes }) {
  const first = await open(folder);
  const groups = Object.fromEntries(
    Array.from({ length: GROUPS }, (_, i) => [`group-${i}`, randomBytes(GROUP_BYTES)]),
  );
  if (first.putAll) await first.putAll(groups);
  else for (const [key, bytes] of Object.entries(groups)) await first.put(key, bytes);
  const written = await timed(writes, (i) => first.put(`small-${i % 20}`, SMALL));
  const read = await timed(writes, (i) => first.get(`small-${i % 20}`));
  await first.close();
  const opened = await timed(5, async () => {
    const store = await open(folder);
    await store.get('small-1');
    await store.close();
  });
  return [shown(written), shown(read), f(median(opened))];
}

/** @param {Trial} trial */
async function adds({ name, folder, open, modules }) {
  await (await open(folder)).close();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const child = spawn(process.execPath, [CHILD, name, folder, modules, 'add', String(ADDS)], {
        stdio: 'inherit',
      });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`${name}: a process ended with ${code}`);
    }),
  );
  const elapsed = performance.now() - start;
  const store = await open(folder);
  const sum = Number((await store.count?.('counter')) ?? (await store.get('counter')));
  await store.close();
  return `${sum === PROCESSES * ADDS ? 'all' : `${sum} of ${PROCESSES * ADDS}`}, ${f(elapsed)}`;
}

/** @param {Trial} trial */
async function stopped({ name, folder, open, modules }) {
  await (await open(folder)).close();
  const child = spawn(process.execPath, [CHILD, name, folder, modules, 'hold'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  while (!isStopped(child.pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  // The writer has its own process, because a synchronous driver would block this one.
  const start = performance.now();
  const writer = spawn(process.execPath, [CHILD, name, folder, modules, 'add', '1'], {
    stdio: 'ignore',
  });
  const wait = setTimeout(() => writer.kill('SIGKILL'), PATIENCE_MS * 2);
  const [code] = await once(writer, 'close');
  clearTimeout(wait);
  const elapsed = performance.now() - start;
  child.kill('SIGCONT');
  await closed;
  if (code !== 0) return `${code === null ? 'waits for ever' : 'an error'} (${f(elapsed)})`;
  const store = await open(folder);
  const sum = Number((await store.count?.('counter')) ?? (await store.get('counter')));
  await store.close();
  return `${sum === 1 ? 'kept' : 'written, then lost'} (${f(elapsed)})`;
}

/**
 * Whether a process is stopped. Linux gives the state of a stopped process as T.
 * @param {number | undefined} pid
 */
function isStopped(pid) {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** @param {Trial} trial */
async function flipped({ folder, open }) {
  const value = randomBytes(GROUP_BYTES);
  const store = await open(folder);
  await store.put('before', SMALL);
  await store.put('value', value);
  await store.put('after', SMALL);
  await store.close();
  flipIn(folder, value);
  try {
    const again = await open(folder);
    const read = await again.get('value');
    await again.close();
    if (read === undefined) return 'noticed, left out';
    return Buffer.from(/** @type {Uint8Array} */ (read)).equals(value)
      ? 'not hit'
      : 'wrong bytes, unnoticed';
  } catch (error) {
    return `an error: ${firstLineOf(error).slice(0, 40)}`;
  }
}

/**
 * Flips one bit in the middle of the value, raw or as base64, in the largest file.
 * @param {string} folder
 * @param {Buffer} value
 */
function flipIn(folder, value) {
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
  for (const file of files) {
    const bytes = readFileSync(file);
    const raw = bytes.indexOf(value.subarray(0, 16));
    const at = raw === -1 ? bytes.indexOf(value.subarray(0, 15).toString('base64')) : raw;
    if (at === -1) continue;
    bytes[at + 2_000] ^= 1;
    writeFileSync(file, bytes);
  }
}

/**
 * @param {number} times
 * @param {(i: number) => Promise<unknown>} work
 */
async function timed(times, work) {
  const taken = [];
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    await work(i);
    taken.push(performance.now() - start);
  }
  return taken;
}

/** @param {readonly number[]} times */
function shown(times) {
  return `${f(median(times))} (${f(quantile(times, 0.99))})`;
}
