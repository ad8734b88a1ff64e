import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { testCollectorStore } from '../store.contract.ts';
import { hasNodeSqlite } from './driver.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-sqlite-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

testCollectorStore('libsql', async (name) => openSqliteStore(join(folder, `libsql-${name}`), 'libsql'));
// Node has its own SQLite from 22.13 on; there it is the default.
if (hasNodeSqlite()) testCollectorStore('node:sqlite', async (name) => openSqliteStore(join(folder, `node-${name}`), 'node:sqlite'));
