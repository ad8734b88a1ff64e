// A registry with two versions of a model, a host in front of it that misbehaves on command, and
// devices in processes of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heldRelease, initRegistry, pack, promote, publish, temporaryKeys } from '@perigee/cli';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIGITS = join(HERE, '..', '..', 'models', 'digits', 'versions');
const YEAR_MS = 365.25 * 86_400_000;
/** Longer than any wait of the SDK here, unless a case says otherwise (`patienceMs`). */
const WATCHDOG_MS = 60_000;
const MAX_GROWTH = 200 * 1024 * 1024;

export async function openCampaign(folder, seed) {
  const good = await makeRegistry(join(folder, 'registry'));
  const other = await makeRegistry(join(folder, 'other'));
  await other.offerNew();
  const earlier = join(folder, 'earlier');
  cpSync(good.path, earlier, { recursive: true });

  let fault = {};
  const host = await serve(good.path, {
    fault: () => fault,
    earlier,
    other: other.path,
    random: seeded(seed),
  });
  const mirror = await serve(good.path, {
    fault: () => ({}),
    earlier,
    other: other.path,
    random: seeded(seed),
  });
  const spoiled = await serve(good.path, {
    fault: () => ({
      spoil:
        () =>
        ({ response }) =>
          response.writeHead(200).end('nonsense'),
    }),
    earlier,
    other: other.path,
    random: seeded(seed),
  });
  const root = join(good.path, 'metadata', '1.root.json');
  const template = join(folder, 'template');
  const device = (store, how, { bases = [host.url], clockYears = 0, patienceMs } = {}) =>
    runDevice({ bases, root, store, how, clockMs: clockYears * YEAR_MS }, patienceMs);

  const first = await device(template, 'latest');
  if (first.version !== '1.0.0')
    throw new Error(`The good host did not deliver: ${JSON.stringify(first)}`);
  await good.offerNew();
  const next = await device(join(folder, 'reference'), 'latest');
  const expected = new Map([
    [first.version, first.scores],
    [next.version, next.scores],
  ]);
  const isRight = ({ version, scores }) => expected.get(version) === scores;

  return {
    async run({ clockYears, goodMirror, badMirror, mustUpdate = false, patienceMs, ...misdeed }) {
      const start = performance.now();
      const store = join(folder, 'device');
      rmSync(store, { recursive: true, force: true });
      cpSync(template, store, { recursive: true });
      fault = misdeed;
      const options = {
        clockYears,
        patienceMs,
        bases: [host.url, ...(goodMirror ? [mirror.url] : badMirror ? [spoiled.url] : [])],
      };
      const updated = await device(store, 'latest', options);
      const offline = await device(store, 'local', { ...options, bases: ['http://127.0.0.1:9/'] });
      const fresh = await device(join(folder, 'fresh'), 'latest', options);
      rmSync(join(folder, 'fresh'), { recursive: true, force: true });
      fault = {};
      const after = await device(store, 'latest');
      rmSync(store, { recursive: true, force: true });
      const broken = judge({ updated, offline, fresh, after, isRight, mustUpdate });
      return {
        broken,
        said: { old: say(updated), fresh: say(fresh) },
        seconds: (performance.now() - start) / 1_000,
      };
    },
    async close() {
      for (const server of [host, mirror, spoiled]) server.close();
    },
  };
}

/** Describes a fault of the devices; null if there is none. */
function judge({ updated, offline, fresh, after, isRight, mustUpdate }) {
  for (const [name, seen] of Object.entries({ updated, offline, fresh, after })) {
    if (seen.hung) return `${name}: it hung`;
    if (seen.growth > MAX_GROWTH) return `${name}: it grew by ${Math.round(seen.growth / 1e6)} MB`;
    if (seen.version !== undefined && !isRight(seen))
      return `${name}: ${seen.version} answered wrongly`;
    if (seen.version === undefined && seen.code === undefined)
      return `${name}: it ended without a code: ${seen.text}`;
  }
  if (updated.version === undefined)
    return `a device that had 1.0.0 answered with nothing: ${updated.code}`;
  if (offline.version === undefined)
    return `without network it answered with nothing: ${offline.code}`;
  if (mustUpdate && (updated.version !== '1.1.0' || fresh.version !== '1.1.0'))
    return 'it did not take the good copy';
  return after.version === '1.1.0' ? null : `it did not recover: ${after.code ?? after.version}`;
}

function say({ version, code, hung }) {
  return hung ? 'hung' : (version ?? code);
}

async function makeRegistry(path) {
  const publisher = { to: path, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0']) {
    const release = await pack(
      {
        model: join(DIGITS, version, 'model.onnx'),
        golden: join(DIGITS, version, 'golden.json'),
        name: 'digits',
        version,
      },
      () => undefined,
    );
    await publish(heldRelease(release), publisher, version === '1.0.0' ? 'stable' : null);
  }
  return { path, offerNew: () => promote(publisher, 'digits', '1.1.0', 'stable') };
}

async function serve(folder, { fault, earlier, other, random }) {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname).slice(1);
    const { spoil, swap, replay, replayAs, forged } = fault();
    const from = replay?.(path)
      ? earlier
      : forged && path.startsWith('metadata/') && !path.endsWith('root.json')
        ? other
        : folder;
    let file = join(from, path);
    if (replayAs?.test(path)) file = previous(earlier, path) ?? file;
    if (!existsSync(file) || !statSync(file).isFile())
      return response.writeHead(404).end('not found');
    let bytes = readFileSync(file);
    if (swap?.(path)) bytes = swapped.get(path) ?? lastOf(path, bytes);
    const answer = spoil?.(path);
    return answer
      ? answer({ response, bytes, random })
      : response
          .writeHead(200, {
            'content-type': path.endsWith('.json')
              ? 'application/json'
              : 'application/octet-stream',
          })
          .end(bytes);
  });
  const swapped = new Map();
  let last;
  /** The bytes of the file that was requested before. */
  function lastOf(path, bytes) {
    const given = last ?? Buffer.from(bytes).reverse();
    last = bytes;
    swapped.set(path, given);
    return given;
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The file of the version before, to be sent under the newer name. */
function previous(earlier, path) {
  const [, version, rest] = /^metadata\/(\d+)\.(.*)$/.exec(path) ?? [];
  const file = version && join(earlier, 'metadata', `${Number(version) - 1}.${rest}`);
  return file && existsSync(file) ? file : undefined;
}

async function runDevice(told, patienceMs = WATCHDOG_MS) {
  const child = spawn(process.execPath, [join(HERE, 'device.mjs'), JSON.stringify(told)], {
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

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
