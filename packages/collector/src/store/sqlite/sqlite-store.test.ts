import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { emptyProfile, encodeBatch } from '@perigee/profile';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCollectorStore } from '../store.contract.ts';
import { RETENTION } from '../store.ts';
import type { CollectorStore, StoreReader } from '../store.ts';
import { hasNodeSqlite } from './driver.ts';
import type { Driver } from './driver.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-sqlite-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The store as routes and monitor see it: read on another thread, which has the file open beside the writer. */
function readElsewhere(path: string, prefer: Driver['name']): CollectorStore {
  const store = openSqliteStore(path, prefer);
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const opening = import(workerData.module).then(({ openSqliteReader }) => openSqliteReader(workerData.path, workerData.prefer));
    parentPort.on('message', async ({ method, args }) => {
      parentPort.postMessage(await (await opening)[method](...args));
      if (method === 'close') parentPort.close();
    });`;
  const worker = new Worker(code, {
    eval: true,
    // The flags of Vitest's process lead to TypeScript.
    execArgv: [],
    workerData: { module: new URL('../../../dist/store/sqlite/reading.js', import.meta.url).href, path, prefer },
  });
  let last: Promise<unknown> = Promise.resolve();
  const read = <M extends keyof StoreReader>(method: M) => ((...args: unknown[]) => (last = last.then(async () => {
    await store.settle();
    const answered = new Promise((resolve) => worker.once('message', resolve));
    worker.postMessage({ method, args });
    return answered;
  }))) as StoreReader[M];
  const closeReader = read('close');
  return {
    ...store, totals: read('totals'), timeline: read('timeline'), sums: read('sums'), losses: read('losses'), list: read('list'),
    async close() {
      await closeReader();
      await store.close();
    },
  };
}

// Node has its own SQLite from 22.13 on; there it is the default.
for (const name of ['libsql', ...(hasNodeSqlite() ? ['node:sqlite' as const] : [])] as const) {
  const pathOf = (of: string): string => join(folder, `${name.replace(':', '-')}-${of}`);
  testCollectorStore(name, async (of) => openSqliteStore(pathOf(of), name));
  testCollectorStore(`${name}, read on another thread`, async (of) => readElsewhere(pathOf(`thread-${of}`), name));
}

test('an upload waits for whoever else locks the file for a moment', async () => {
  const path = join(folder, 'held');
  const store = openSqliteStore(path);
  // It lets go a little after the commit below has begun.
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ openDriver }) => {
      const driver = openDriver(workerData.path);
      driver.exec('BEGIN IMMEDIATE');
      parentPort.postMessage('held');
      Atomics.wait(workerData.committing, 0, 0);
      Atomics.wait(workerData.committing, 0, 1, 100);
      driver.exec('COMMIT');
      driver.close();
    });`;
  const committing = new Int32Array(new SharedArrayBuffer(4));
  const holder = new Worker(code, {
    eval: true,
    // The flags of Vitest's process lead to TypeScript.
    execArgv: [],
    workerData: { module: new URL('../../../dist/store/sqlite/driver.js', import.meta.url).href, path, committing },
  });
  const ended = once(holder, 'exit');
  await once(holder, 'message');
  Atomics.store(committing, 0, 1);
  Atomics.notify(committing, 0);
  expect(await store.commit([{ batchId: 'f'.repeat(32), sealedAtMs: 1, lost: {}, profiles: [] }])).toEqual([true]);
  await ended;
  await store.close();
});

test('uploads have their turn while hours are rolled up to days, and none of their counts is lost to it', async () => {
  const store = openSqliteStore(join(folder, 'turns'));
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const day = nowHour - (nowHour % 24) - 5 * 24;
  let ids = 0;
  const add = (...hours: number[]) => {
    const batch = { batchId: (++ids).toString(16).padStart(32, 'e'), sealedAtMs: 1, lost: {}, profiles: hours.map((hour) => ({ ...emptyProfile({ model: 'm', version: '1.0.0', reference: '', backend: 'wasm', browser: 'node', segment: '', sampling: 0, privacy: 0, group: 0, hour }), predictions: 1 })) };
    return store.commit([{ ...batch, record: encodeBatch(batch) }]);
  };
  await add(...Array.from({ length: 24 }, (_, i) => day + i));
  const over = store.maintain(nowHour * 3_600_000, { ...RETENTION, hourDays: 1 }).then(() => true);
  let sent = 0;
  do {
    // The day's own row, and one that is still to move.
    await add(day, day + 23);
    sent += 2;
  } while (!(await Promise.race([over, nextTurn(false)])));
  await add(day);
  expect(sent).toBeGreaterThan(2);
  expect((await store.sums({ model: 'm', fromHour: 0, toHour: nowHour }, [])).map(({ predictions }) => predictions)).toEqual([24 + sent + 1]);
  await store.close();
});
