// Devices with stores of files: processes that are killed while they predict and send, one or two
// at a time on one folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const DEVICE = fileURLToPath(new URL('node-device.mjs', import.meta.url));
const DEVICES = 3;
const PREDICTIONS = 14;
const SPAN_MS = 1_500;
const DRAIN_MS = 90_000;

export async function killNode({ folder, kills, registry, front, ledger, random, progress }) {
  let left = kills;
  const seen = {
    'while it starts': 0,
    'while it predicts and sends': 0,
    'two on one store': 0,
    'it was done before': 0,
    'the network': 0,
  };
  const faults = [];

  async function device(store) {
    while (left > 0) {
      const both = left > 1 && random() < 0.3;
      left -= both ? 2 : 1;
      await Promise.all(Array.from({ length: both ? 2 : 1 }, () => life(store, both)));
      // A process that died with the lock blocks the next one for ten seconds. Let them pass.
      const lock = join(store, 'lock');
      if (existsSync(lock)) utimesSync(lock, 0, 0);
      progress(kills - left, kills);
    }
  }

  async function life(store, both) {
    const { from, to } = ledger.take(PREDICTIONS);
    const child = start({ registry, store, url: front.url, from, to });
    let dead = false;
    const kill = () => {
      dead = true;
      child.process.kill('SIGKILL');
    };
    let timer = random() < 0.15 ? setTimeout(kill, random() * 700) : undefined;
    const early = timer !== undefined;
    child.onLine((line) => {
      const [what, first, end] = line.split(' ');
      if (what === 'ready' && !early) timer = setTimeout(kill, random() * SPAN_MS);
      if (what === 'recorded') ledger.record(Number(first), Number(end));
    });
    const cutting = random() < 0.15 && cutNetwork();
    await child.ended;
    clearTimeout(timer);
    await cutting;
    seen[
      !dead
        ? 'it was done before'
        : both
          ? 'two on one store'
          : early
            ? 'while it starts'
            : 'while it predicts and sends'
    ] += 1;
    if (!dead && child.code() !== 0)
      faults.push(`a device ended by itself: ${child.said().slice(0, 400)}`);
  }

  async function cutNetwork() {
    seen['the network'] += 1;
    await passed(random() * 600);
    front.cut(true);
    await passed(random() * 400);
    front.cut(false);
  }

  async function drain(store) {
    const child = start({ registry, store, url: front.url, drain: true });
    let found;
    child.onLine((line) => {
      const [what, waiting, lost] = line.split(' ');
      if (what === 'drained') found = { left: Number(waiting), lost: Number(lost) };
    });
    const timer = setTimeout(() => child.process.kill('SIGKILL'), DRAIN_MS);
    await child.ended;
    clearTimeout(timer);
    if (found?.left !== 0)
      faults.push(
        `not all of ${store} was sent after all: ${found?.left ?? child.said().slice(0, 300)}`,
      );
    return found?.lost ?? 0;
  }

  const stores = Array.from({ length: DEVICES }, (_, i) => join(folder, `device-${i}`));
  await Promise.all(stores.map(device));
  front.calm(true);
  const pendingLost = (await Promise.all(stores.map(drain))).reduce((sum, lost) => sum + lost, 0);
  front.calm(false);
  const leftovers = stores.reduce(
    (sum, store) => sum + readdirSync(store).filter((name) => name.endsWith('.tmp')).length,
    0,
  );
  return { seen, faults, pendingLost, leftovers };
}

function start(told) {
  const child = spawn(process.execPath, [DEVICE, JSON.stringify(told)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const lines = createInterface({ input: child.stdout });
  return {
    process: child,
    ended: once(child, 'close'),
    code: () => child.exitCode,
    said: () => said,
    onLine: (listener) => lines.on('line', listener),
  };
}

const passed = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
