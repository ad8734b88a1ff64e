import 'fake-indexeddb/auto';
import { sha256Hex } from '@perigee/registry';
import { expect, onTestFinished, test } from 'vitest';
import { createConnection } from './connection.ts';
import { indexedDbObjects } from './indexeddb-objects.ts';
import { createIndexedDbStore } from './indexeddb.ts';
import { openStore } from './open-store.ts';
import type { OpfsFiles } from './opfs-files.ts';

test('a tab with a newer schema is let in, and the store says so instead of hanging', async () => {
  const store = createIndexedDbStore('newer');
  await store.putValue('key', 1);
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.open('newer', 99);
    request.addEventListener('success', () => {
      request.result.close();
      resolve();
    });
    request.addEventListener('error', () => reject(request.error as DOMException));
  });
  await expect(store.getValue('key')).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a connection the browser closed is opened anew', async () => {
  const store = createIndexedDbStore('lost');
  await store.putValue('key', 1);
  const original = IDBDatabase.prototype.transaction;
  let failures = 1;
  IDBDatabase.prototype.transaction = function (...args) {
    if (failures-- > 0)
      throw new DOMException(
        'Connection to Indexed Database server lost. Refresh the page to try again',
        'UnknownError',
      );
    return original.apply(this, args);
  };
  onTestFinished(() => void (IDBDatabase.prototype.transaction = original));
  expect(await store.getValue('key')).toBe(1);
});

test('where IndexedDB cannot be opened, models are kept in memory and the store says so', async () => {
  const original = indexedDB.open.bind(indexedDB);
  Object.defineProperty(indexedDB, 'open', {
    configurable: true,
    value: () => {
      throw new DOMException('blocked', 'SecurityError');
    },
  });
  onTestFinished(
    () => void Object.defineProperty(indexedDB, 'open', { configurable: true, value: original }),
  );
  expect((await openStore({ kind: 'indexeddb', name: 'blocked' })).kind).toBe('memory');
});

test('on a full disk an encrypted store decrypts; one without a key keeps nothing in the clear', async () => {
  const object = { sha256: await sha256Hex(new Uint8Array([1, 2])), bytes: new Uint8Array([1, 2]) };
  const first = await openStore({ kind: 'indexeddb', name: 'full-secret', encrypted: true });
  await first.putObjects([object]);
  await first.close();
  fillDisk();
  const store = await openStore({ kind: 'indexeddb', name: 'full-secret', encrypted: true });
  expect(await store.getObjects([object.sha256])).toEqual([object.bytes]);
  expect((await openStore({ kind: 'indexeddb', name: 'full-and-new', encrypted: true })).kind).toBe(
    'memory',
  );
});

test('a full disk rejects with QUOTA, and what is stored still answers', async () => {
  const first = createIndexedDbStore('full');
  await first.putValue('key', 1);
  await first.close();
  fillDisk();
  const store = await openStore({ kind: 'indexeddb', name: 'full' });
  expect(store.kind).toBe('indexeddb');
  expect(await store.getValue('key')).toBe(1);
  await expect(store.putValue('key', 2)).rejects.toMatchObject({ code: 'QUOTA' });
});

test('a whole file that a full disk does not let be recorded is removed', async () => {
  const bytes = new Uint8Array([1, 2]);
  const object = { sha256: await sha256Hex(bytes), bytes };
  const chunks = [{ sha256: object.sha256, sizeBytes: 2 }];
  const files = new Set<string>();
  const opfs: OpfsFiles = {
    async write() {
      const name = crypto.randomUUID();
      files.add(name);
      return name;
    },
    read: async () => undefined,
    blob: async () => undefined,
    remove: async (name) => void files.delete(name),
    removeLeftovers: async () => undefined,
  };
  const { use } = createConnection('unrecorded');
  const store = indexedDbObjects(
    (_what, work) => use(work),
    opfs,
    async () => 'opfs',
  );
  await store.putObjects([object]);
  fillDisk();
  for (const keep of [
    () => store.putFile(object.sha256, chunks, new Blob([bytes])),
    () => store.packFile(object.sha256, chunks),
  ]) {
    await expect(keep()).rejects.toMatchObject({ name: 'QuotaExceededError' });
    expect([...files]).toEqual([]);
  }
});

test('a full disk that refuses a part of a whole file rejects with QUOTA', async () => {
  const { chunks, whole, sha256 } = await twoChunks();
  const store = createIndexedDbStore('full-part', async () => 'blob');
  refuseParts(new DOMException('The quota has been exceeded.', 'QuotaExceededError'));
  await expect(store.putFile(sha256, chunks, whole)).rejects.toMatchObject({ code: 'QUOTA' });
  expect(await store.missingObjects(chunks.map((chunk) => chunk.sha256))).toHaveLength(2);
});

test('a connection lost at a part of a whole file is opened anew', async () => {
  const { chunks, whole, sha256 } = await twoChunks();
  const store = createIndexedDbStore('lost-part', async () => 'blob');
  refuseParts(new DOMException('Connection to Indexed Database server lost.', 'UnknownError'));
  await store.putFile(sha256, chunks, whole);
  expect(await store.getFile(sha256, chunks)).toEqual(new Uint8Array([1, 2]));
});

async function twoChunks() {
  const [a, b] = [new Uint8Array([1]), new Uint8Array([2])];
  const chunks = [
    { sha256: await sha256Hex(a), sizeBytes: 1 },
    { sha256: await sha256Hex(b), sizeBytes: 1 },
  ];
  return { chunks, whole: new Blob([a, b]), sha256: await sha256Hex(new Uint8Array([1, 2])) };
}

/** Lets the first request fail that records a chunk as a part of a file. */
function refuseParts(error: DOMException): void {
  const original = IDBObjectStore.prototype.put;
  const restore = (): void => void (IDBObjectStore.prototype.put = original);
  IDBObjectStore.prototype.put = function (value: unknown, key) {
    if (this.name !== 'objects') return original.call(this, value, key);
    restore();
    // A method of fake-indexeddb.
    const transaction = this.transaction as unknown as {
      _execRequestAsync(request: { source: unknown; operation: () => never }): IDBRequest;
    };
    const operation = (): never => {
      throw error;
    };
    return transaction._execRequestAsync({ source: this, operation });
  };
  onTestFinished(restore);
}

function fillDisk(): void {
  const original = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
  onTestFinished(() => void (IDBObjectStore.prototype.put = original));
}
