import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { emptyProfile, encodeBatch, encodeProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCollectorStore } from '../store.contract.ts';
import { KEY, NOW_HOUR, profile as counted, textOf } from '../store.fixture.ts';
import { RETENTION } from '../store.ts';
import type { CollectorStore, Dimension, StoreReader } from '../store.ts';
import { ADDED_COLUMNS } from './columns.ts';
import { blobOf, hasNodeSqlite, openDriver } from './driver.ts';
import type { Driver } from './driver.ts';
import { packRecords } from './journal.ts';
import { createKeptHours } from './kept-hours.ts';
import { createReading, OF_EACH_MODEL, openSqliteReader } from './reading.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-sqlite-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * The store as routes and the monitor see it: reads run on another thread with its own connection
 * to the file.
 */
function readElsewhere(path: string, prefer: Driver['name']): CollectorStore {
  const store = openSqliteStore(path, prefer);
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const opening = import(workerData.module).then(({ openSqliteReader }) =>
      openSqliteReader(workerData.path, workerData.prefer));
    parentPort.on('message', async ({ method, args }) => {
      parentPort.postMessage(await (await opening)[method](...args));
      if (method === 'close') parentPort.close();
    });`;
  const worker = new Worker(code, {
    eval: true,
    // Vitest's process flags would load TypeScript files.
    execArgv: [],
    workerData: {
      module: new URL('../../../dist/store/sqlite/reading.js', import.meta.url).href,
      path,
      prefer,
    },
  });
  let last: Promise<unknown> = Promise.resolve();
  const read = <M extends keyof StoreReader>(method: M) =>
    ((...args: unknown[]) =>
      (last = last.then(async () => {
        await store.settle();
        const answered = new Promise((resolve) => worker.once('message', resolve));
        worker.postMessage({ method, args });
        return answered;
      }))) as StoreReader[M];
  const closeReader = read('close');
  return {
    ...store,
    totals: read('totals'),
    versions: read('versions'),
    predictions: read('predictions'),
    compared: read('compared'),
    newestHour: read('newestHour'),
    timeline: read('timeline'),
    sums: read('sums'),
    losses: read('losses'),
    find: read('find'),
    list: read('list'),
    async close() {
      await closeReader();
      await store.close();
    },
  };
}

// Node has its own SQLite from 22.13; there it is the default.
for (const name of ['libsql', ...(hasNodeSqlite() ? ['node:sqlite' as const] : [])] as const) {
  const pathOf = (of: string): string => join(folder, `${name.replace(':', '-')}-${of}`);
  const crashed = async (of: string): Promise<string> => {
    for (const part of ['', '-wal'])
      await copyFile(`${pathOf(of)}${part}`, `${pathOf(of)}-crashed${part}`);
    return `${pathOf(of)}-crashed`;
  };
  testCollectorStore(name, async (of) => openSqliteStore(pathOf(of), name), {
    reopen: async (of) => openSqliteStore(await crashed(of), name),
  });
  testCollectorStore(
    `${name}, read on another thread`,
    async (of) => readElsewhere(pathOf(`thread-${of}`), name),
    { reopen: async (of) => readElsewhere(await crashed(`thread-${of}`), name) },
  );
}

test('an upload waits while another process locks the file for a moment', async () => {
  const path = join(folder, 'held');
  const store = openSqliteStore(path);
  // The lock is released shortly after the commit below has begun.
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
    // Vitest's process flags would load TypeScript files.
    execArgv: [],
    workerData: {
      module: new URL('../../../dist/store/sqlite/driver.js', import.meta.url).href,
      path,
      committing,
    },
  });
  const ended = once(holder, 'exit');
  await once(holder, 'message');
  Atomics.store(committing, 0, 1);
  Atomics.notify(committing, 0);
  expect(
    await store.commit([{ batchId: 'f'.repeat(32), sealedAtMs: 1, lost: {}, profiles: [] }]),
  ).toEqual([true]);
  await ended;
  await store.close();
});

test('uploads run between roll-ups of hours, and none of their counts is lost', async () => {
  const store = openSqliteStore(join(folder, 'turns'));
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const day = nowHour - (nowHour % 24) - 5 * 24;
  let ids = 0;
  const add = (...hours: number[]) => {
    const batch = {
      batchId: (++ids).toString(16).padStart(32, 'e'),
      sealedAtMs: 1,
      lost: {},
      profiles: hours.map((hour) => ({
        ...emptyProfile({
          model: 'm',
          version: '1.0.0',
          reference: '',
          backend: 'wasm',
          browser: 'node',
          segment: '',
          sampling: 0,
          privacy: 0,
          group: 0,
          hour,
        }),
        predictions: 1,
      })),
    };
    return store.commit([{ ...batch, record: encodeBatch(batch) }]);
  };
  await add(...Array.from({ length: 24 }, (_, i) => day + i));
  const over = store.maintain(nowHour * 3_600_000, { ...RETENTION, hourDays: 1 }).then(() => true);
  let sent = 0;
  do {
    // The day's own row, and one that is yet to move.
    await add(day, day + 23);
    sent += 2;
  } while (!(await Promise.race([over, nextTurn(false)])));
  await add(day);
  expect(sent).toBeGreaterThan(2);
  expect(
    (await store.sums({ model: 'm', fromHour: 0, toHour: nowHour }, [])).map(
      ({ predictions }) => predictions,
    ),
  ).toEqual([24 + sent + 1]);
  await store.close();
});

/**
 * Makes a file of schema 3: no columns for device-hours, profiles of format 2, and a commit of such
 * profiles in the journal.
 */
async function makeSchema3(
  path: string,
  profiles: readonly Profile[],
  journaled: Profile,
): Promise<void> {
  const store = openSqliteStore(path);
  await store.commit(
    profiles.map((one, i) => ({
      batchId: i.toString(16).padStart(32, 'd'),
      sealedAtMs: 1,
      lost: {},
      profiles: [one],
    })),
  );
  await store.close();
  const driver = openDriver(path);
  driver.exec(
    `ALTER TABLE journal DROP COLUMN shard; DROP INDEX sums_totals; DROP INDEX sums_of_version;
     ${dropped(['devices', 'failedDevices'])} ${dropped(ADDED_COLUMNS)}`,
  );
  for (const row of driver.prepare('SELECT rowid id, profile FROM sums').all([])) {
    driver
      .prepare('UPDATE sums SET profile = ? WHERE rowid = ?')
      .run([asFormat2(blobOf(row['profile'])), Number(row['id'])]);
  }
  const plain = encodeBatch({ batchId: 'e'.repeat(32), sealedAtMs: 1, lost: {}, profiles: [] });
  const bytes = asFormat2(encodeProfile(journaled));
  const record = new Uint8Array([...plain.slice(0, -1), 1, bytes.length, ...bytes]);
  driver.prepare('INSERT INTO journal (records) VALUES (?)').run([packRecords([record])]);
  driver.exec('PRAGMA user_version = 3');
  driver.close();
}

function dropped(columns: readonly string[]): string {
  return columns.map((column) => `ALTER TABLE sums DROP COLUMN ${column};`).join(' ');
}

/** Format 2 lacks the last number, which is below 128 here and thus takes one byte. */
function asFormat2(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([2, ...bytes.subarray(1, -1)]);
}

test('queries by hour alone seek in an index instead of scanning the table', async () => {
  const path = join(folder, 'plans.sqlite');
  await openSqliteStore(path).close();
  const driver = openDriver(path);
  for (const query of [
    `SELECT profile FROM sums WHERE ${OF_EACH_MODEL} AND hour = 1`,
    `SELECT DISTINCT hour FROM sums WHERE ${OF_EACH_MODEL} AND hour < 1`,
    `DELETE FROM sums WHERE ${OF_EACH_MODEL} AND hour < 1`,
  ]) {
    const steps = driver.prepare(`EXPLAIN QUERY PLAN ${query}`).all([]);
    const plan = steps.map(({ detail }) => String(detail));
    expect(plan).toContainEqual(
      expect.stringMatching(/^SEARCH sums .*\(model=\? AND hour[=<]\?\)/),
    );
    expect(plan).not.toContainEqual(expect.stringMatching(/^SCAN sums/));
  }
  driver.close();
});

test('a file of schema 3 keeps its counts and gets device-hours where they are known', async () => {
  const path = join(folder, 'schema-3');
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const of = (group: number, failed: number, devices = 1): Profile => ({
    ...emptyProfile({
      model: 'm',
      version: '1.0.0',
      reference: '',
      backend: 'wasm',
      browser: 'node',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour: nowHour,
    }),
    predictions: 10,
    devices,
    sessions: { started: 9, degraded: 0, failed },
  });
  await makeSchema3(path, [of(0, 3), of(1, 0), of(2, 2, 5)], of(0, 1));
  const store = openSqliteStore(path);
  const window = { model: 'm', fromHour: 0, toHour: nowHour + 1 };
  const groups = (await store.sums(window, ['group'])).map(
    ({ devices, failedDevices, predictions }) => [devices, failedDevices, predictions],
  );
  expect(groups).toEqual([
    [2, 2, 20],
    [1, 0, 10],
    [5, 2, 10],
  ]);
  expect(await store.totals()).toMatchObject([
    { devices: 8, failedDevices: 4, predictions: 40, sessionsFailed: 6 },
  ]);
  // New counts are added to it.
  await store.commit([
    { batchId: 'f'.repeat(32), sealedAtMs: 1, lost: {}, profiles: [of(1, 1, 0)] },
  ]);
  await store.close();
  const again = openSqliteStore(path);
  expect(await again.totals()).toMatchObject([{ devices: 8, failedDevices: 4, predictions: 50 }]);
  await again.close();
});

test('a reader that read an hour before sees what is added to it, moved and deleted', async () => {
  const path = join(folder, 'kept-hours');
  const [store, reader] = [openSqliteStore(path), openSqliteReader(path)];
  const next = seededRandom(29);
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const [old, day] = [nowHour - 9 * 24, nowHour - (nowHour % 24) - 9 * 24];
  const late = (hour: number): Profile =>
    counted(next, {
      ...KEY,
      hour,
      segment: ['', 'beta'][Math.floor(next() * 2)]!,
      group: Math.floor(next() * 16),
    });
  const steps = [
    ...Array.from(
      { length: 30 },
      (_, i) => () =>
        store.commit([
          {
            batchId: i.toString(16).padStart(32, 'c'),
            sealedAtMs: 1,
            lost: {},
            profiles: [nowHour, nowHour - 1 - (i % 20), old].map(late),
          },
        ]),
    ),
    () => store.maintain(nowHour * 3_600_000),
    () => store.maintain(nowHour * 3_600_000, { ...RETENTION, keepDays: 1 }),
  ];
  for (const step of steps) {
    await step();
    await store.settle();
    for (const window of [
      { fromHour: nowHour - 23, toHour: nowHour + 1 },
      { fromHour: day, toHour: day + 48 },
    ])
      for (const by of [['group', 'hour'], ['group'], ['segment', 'group']] as Dimension[][])
        for (const slice of [{}, { segment: 'beta' }]) {
          const query = { model: 'm', version: '1.0.0', ...window, ...slice };
          // The store itself keeps no hours.
          expect(textOf(await reader.sums(query, by))).toEqual(textOf(await store.sums(query, by)));
        }
  }
  await reader.close();
  await store.close();
});

test('an answer of kept hours is of one moment, though rows are moved while it is read', async () => {
  const path = join(folder, 'one-moment');
  const store = openSqliteStore(path);
  const next = seededRandom(31);
  const hours = [1_000, 1_010];
  const profiles = hours.map((hour) => counted(next, { ...KEY, version: '1.0.0', hour, group: 1 }));
  await store.commit([{ batchId: 'd'.repeat(32), sealedAtMs: 1, lost: {}, profiles }]);
  const query = { model: 'm', version: '1.0.0', fromHour: 1_000, toHour: 1_024 };
  const before = textOf(await store.sums(query, ['group']));
  await store.close();

  const [writer, driver] = [openDriver(path), openDriver(path)];
  let isFirst = true;
  const moving: Driver = {
    ...driver,
    prepare(sql) {
      const statement = driver.prepare(sql);
      const all: typeof statement.all = (parameters) => {
        const rows = statement.all(parameters);
        if (isFirst) writer.exec('DELETE FROM sums WHERE hour = 1010');
        isFirst = false;
        return rows;
      };
      return { ...statement, all };
    },
  };
  const reading = createReading(moving, createKeptHours());
  expect(textOf(await reading.sums(query, ['group']))).toEqual(before);
  expect(textOf(await reading.sums(query, ['group']))).not.toEqual(before);
  driver.close();
  writer.close();
});

test('an hour that was moved and then counted again is read again', async () => {
  const path = join(folder, 'counted-again');
  const [store, reader] = [openSqliteStore(path), openSqliteReader(path)];
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const day = nowHour - (nowHour % 24) - 9 * 24;
  const query = { model: 'm', version: '1.0.0', fromHour: day, toHour: day + 24 };
  const next = seededRandom(37);
  const upload = (id: string, hour: number) =>
    store.commit([
      {
        batchId: id.repeat(32),
        sealedAtMs: 1,
        lost: {},
        profiles: [counted(next, { ...KEY, version: '1.0.0', hour, group: 1 })],
      },
    ]);
  // The row of the hour is the newest one of the file, when it is moved to the row of its day.
  await upload('a', day);
  await upload('b', day + 5);
  for (const step of [
    () => store.maintain(nowHour * 3_600_000),
    () => upload('c', day + 5),
    () => store.maintain(nowHour * 3_600_000),
  ]) {
    await store.settle();
    await reader.sums(query, ['group', 'hour']);
    await step();
    await store.settle();
    expect(textOf(await reader.sums(query, ['group', 'hour']))).toEqual(
      textOf(await store.sums(query, ['group', 'hour'])),
    );
  }
  await reader.close();
  await store.close();
});

test('versions that a file of schema 4 counted can be compared', async () => {
  const path = join(folder, 'schema-4');
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const window = { model: 'm', version: '1.0.0', fromHour: 0, toHour: nowHour + 1 };
  const next = seededRandom(23);
  const store = openSqliteStore(path);
  const profiles = Array.from({ length: 1_200 }, (_, i) =>
    counted(next, { ...KEY, version: '1.0.0', segment: `s${i}`, hour: nowHour, group: i % 16 }),
  );
  await store.commit([{ batchId: 'a'.repeat(32), sealedAtMs: 1, lost: {}, profiles }]);
  const before = await store.compared(window);
  expect(before).toHaveLength(16);
  await store.close();
  const driver = openDriver(path);
  driver.exec(
    `ALTER TABLE journal DROP COLUMN shard; DROP INDEX sums_of_version; ${dropped(ADDED_COLUMNS)}
     PRAGMA user_version = 4`,
  );
  driver.close();
  const again = openSqliteStore(path);
  expect(await again.compared(window)).toEqual(before);
  await again.close();
});

const WHOLE_KEY = { ...KEY, reference: 'r', privacy: 0, hour: NOW_HOUR } as const;

/** Profiles of many keys in every device group. */
const manyKeys = (hours: number): Profile[] =>
  Array.from({ length: 16 * hours }, (_, i) => ({
    ...emptyProfile({ ...WHOLE_KEY, group: i % 16, hour: NOW_HOUR - Math.floor(i / 16) }),
    predictions: 1,
  }));
let journaledIds = 0;
/** An upload for each profile, with the bytes that the journal keeps. */
const journaled = (profiles: readonly Profile[]) =>
  profiles.map((one) => {
    const batchId = (++journaledIds).toString(16).padStart(32, '0');
    const batch = { batchId, sealedAtMs: 1, lost: {}, profiles: [one] };
    return { ...batch, record: encodeBatch(batch) };
  });

test('while many sums are written, uploads have their turn, and a reader then sees all before', async () => {
  const path = join(folder, 'in-turns.sqlite');
  const store = openSqliteStore(path);
  const reader = openSqliteReader(path);
  const query = { model: KEY.model, fromHour: 0, toHour: NOW_HOUR + 1 };
  const seen = async (): Promise<number> =>
    (await reader.sums(query, [])).reduce((sum, { predictions }) => sum + predictions, 0);
  await store.commit(journaled(manyKeys(80)));
  let turns = 0;
  const settled = store.settle().then(() => true);
  while (!(await Promise.race([settled, nextTurn(false)]))) {
    await store.commit(journaled(manyKeys(1)));
    turns += 1;
  }
  expect(turns).toBeGreaterThan(4);
  expect(await seen()).toBeGreaterThanOrEqual(16 * 80);
  await store.settle();
  expect(await seen()).toBe(16 * 80 + 16 * turns);
  await reader.close();
  await store.close();
  const again = openSqliteStore(path);
  expect((await again.sums(query, []))[0]?.predictions).toBe(16 * 80 + 16 * turns);
  await again.close();
});

test('a mark changes with each change of the counts in its window, and with no other', async () => {
  const path = join(folder, 'marks.sqlite');
  const store = openSqliteStore(path);
  const reader = openSqliteReader(path);
  const window = {
    model: KEY.model,
    version: KEY.version,
    fromHour: NOW_HOUR - 1,
    toHour: NOW_HOUR + 1,
  };
  const marks: (string | undefined)[] = [];
  const note = async (): Promise<void> => {
    await store.settle();
    marks.push(await reader.mark?.(window));
  };
  const commit = (key: Partial<Profile['key']>) =>
    store.commit(journaled([emptyProfile({ ...WHOLE_KEY, ...key })]));
  await note();
  await commit({});
  await note();
  await commit({});
  await note();
  await commit({ hour: NOW_HOUR - 1 });
  await note();
  expect(new Set(marks).size).toBe(4);
  await commit({ hour: NOW_HOUR - 2 });
  await commit({ version: '9.9.9' });
  await note();
  expect(marks.at(-1)).toBe(marks.at(-2));
  await store.maintain((NOW_HOUR + 24 * 400) * 3_600_000);
  await note();
  expect(marks.at(-1)).toBe(marks[0]);
  await reader.close();
  await store.close();
});
