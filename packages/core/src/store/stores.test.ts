import 'fake-indexeddb/auto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { encryptedStore } from './encrypted.ts';
import { createFileSystemStore } from './file-system.ts';
import { createIndexedDbStore } from './indexeddb.ts';
import { createMemoryStore } from './memory.ts';
import { memoryOverflow } from './memory-overflow.ts';
import { testStore } from './store.contract.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

testStore('memory', async () => createMemoryStore());
testStore('indexeddb', async (name) => createIndexedDbStore(name));
testStore(
  'indexeddb',
  async (name) => createIndexedDbStore(`${name}-chunks`, async () => 'chunks'),
  'chunks',
);
testStore(
  'indexeddb',
  async (name) => encryptedStore(createIndexedDbStore(`${name}-encrypted`)),
  'encrypted',
);
testStore('file-system', async (name) => createFileSystemStore(join(folder, name)));
testStore('file-system', async (name) =>
  createFileSystemStore(join(folder, `${name}-packed`), undefined, 0),
);
testStore('memory', async () => memoryOverflow(createMemoryStore()).combined);
