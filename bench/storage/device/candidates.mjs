// Ways to keep a device's state. `open(folder)` gives put, putAll (where one by one takes too
// long), get, add (one to a counter), hold (a transaction in which `work` runs) and close. A write
// is on the disk when it resolves.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** @typedef {import('./types.d.ts').DeviceStore} DeviceStore */
/** @typedef {Record<string, unknown>} State */

const STALE_MS = 10_000;
const BUSY_MS = 5_000;

/** @type {Readonly<Record<string, import('./types.d.ts').Candidate>>} */
export const CANDIDATES = {
  file: { title: 'one state file, a lock file (0.1.0)', install: '–', open: openStateFile },
  sqlite: { title: 'SQLite (libsql), WAL, FULL', install: '19 MB, native', open: openSqlite },
  lmdb: {
    title: 'LMDB (lmdb-js)',
    install: '21 MB, native',
    open: openLmdb,
    needs: { lmdb: '3.5.6' },
  },
  journal: { title: 'journal of numbered records', install: '–', open: openOurs },
};

/**
 * @param {string} folder
 * @returns {Promise<DeviceStore>}
 */
async function openStateFile(folder) {
  mkdirSync(folder, { recursive: true });
  const [file, lock] = [join(folder, 'state'), join(folder, 'lock')];
  /** @returns {Promise<State>} */
  const read = async () => deserialize(await readFile(file).catch(() => serialize({})));
  const takeLock = async () => {
    for (;;) {
      const handle = await open(lock, 'wx').catch(() => undefined);
      if (handle) return handle.close();
      if (
        await stat(lock).then(
          ({ mtimeMs }) => Date.now() - mtimeMs > STALE_MS,
          () => false,
        )
      )
        await rm(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  /** @param {(state: State) => unknown} apply */
  const change = async (apply) => {
    await takeLock();
    try {
      const state = await read();
      await apply(state);
      const beside = `${file}.${randomUUID()}.tmp`;
      const handle = await open(beside, 'w');
      await handle.writeFile(serialize(state));
      await handle.sync();
      await handle.close();
      await rename(beside, file);
    } finally {
      await rm(lock, { force: true });
    }
  };
  return {
    put: (key, bytes) => change((state) => void (state[key] = bytes)),
    putAll: (entries) => change((state) => void Object.assign(state, entries)),
    get: async (key) => (await read())[key],
    add: (key) => change((state) => void (state[key] = Number(state[key] ?? 0) + 1)),
    hold: (work) => change(work),
    close: async () => undefined,
  };
}

/**
 * @param {string} folder
 * @returns {Promise<DeviceStore>}
 */
async function openSqlite(folder) {
  mkdirSync(folder, { recursive: true });
  const Database = createRequire(import.meta.url)('libsql');
  const database = new Database(join(folder, 'state.db'));
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value) WITHOUT ROWID');
  const put = database.prepare(
    'INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const get = database.prepare('SELECT value FROM entries WHERE key = ?');
  const add = database.prepare(
    'INSERT INTO entries VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1',
  );
  return {
    put: async (key, bytes) => void put.run([key, Buffer.from(bytes)]),
    get: async (key) => get.get([key])?.value,
    add: async (key) => void add.run([key]),
    async hold(work) {
      database.exec('BEGIN IMMEDIATE');
      await work();
      database.exec('COMMIT');
    },
    close: async () => database.close(),
  };
}

/**
 * @param {string} folder
 * @param {string} modules
 * @returns {Promise<DeviceStore>}
 */
async function openLmdb(folder, modules) {
  const lmdb = createRequire(join(modules, 'lmdb', 'package.json'))('lmdb');
  const database = lmdb.open({ path: folder, encoding: 'binary' });
  /** @param {Uint8Array | undefined} bytes */
  const numberOf = (bytes) => (bytes ? Number(Buffer.from(bytes).toString()) : 0);
  return {
    put: async (key, bytes) => {
      await database.put(key, Buffer.from(bytes));
      await database.flushed;
    },
    get: async (key) => database.get(key),
    add: async (key) => {
      await database.transaction(
        () => void database.put(key, Buffer.from(String(numberOf(database.get(key)) + 1))),
      );
      await database.flushed;
    },
    count: async (key) => numberOf(database.get(key)),
    hold: async (work) => database.transactionSync(work),
    close: () => database.close(),
  };
}

/**
 * @param {string} folder
 * @returns {Promise<DeviceStore>}
 */
async function openOurs(folder) {
  const { createFileSystemStore } =
    await import('../../../packages/core/dist/store/file-system.js');
  const { openJournal } = await import('../../../packages/core/dist/store/journal/journal.js');
  const store = createFileSystemStore(folder);
  return {
    put: (key, bytes) => store.putValue(key, bytes),
    get: (key) => store.getValue(key),
    async add(key) {
      let before;
      do before = await store.getValue(key);
      while (
        !(await store.changeValues([{ key, value: before }], { [key]: Number(before ?? 0) + 1 }))
      );
    },
    // This store has no lock. The benchmark stops a writer that has planned and not yet written.
    hold: (work) =>
      openJournal(folder, () => []).change(async () => {
        await work();
        return { changes: [['held', Buffer.from('1')]], result: undefined };
      }, 'strict'),
    close: () => store.close(),
  };
}
