import type { Sha256 } from '@perigee/registry';
import { createConnection } from './connection.ts';
import type { Database } from './connection.ts';
import { storageError } from './errors.ts';
import { nextPointer, stateAfter } from './flip.ts';
import { versionKey } from './memory.ts';
import { mergeEncoded } from './merge-encoded.ts';
import { sameValue } from './same-value.ts';
import type { ModelStore } from './store.ts';

/** Of objects in one transaction: what a full disk or a killed tab can cost at once. */
const TRANSACTION_BYTES = 16 * 1024 * 1024;
const RELAXED = { durability: 'relaxed' } as const;
const STRICT = { durability: 'strict' } as const;

/** The store of a browser: survives reloads, tabs and crashes. */
export function createIndexedDbStore(name: string): ModelStore {
  const connection = createConnection(name);
  const use = <T>(what: string, work: (database: Database) => Promise<T>): Promise<T> =>
    connection.use(work).catch((cause: unknown) => {
      throw storageError(cause, what);
    });

  return {
    kind: 'indexeddb',

    putObjects: (objects) => use('Storing model files', async (database) => {
      for (const group of inGroups(objects)) {
        const tx = quiet(database.transaction(['objects', 'sizes'], 'readwrite', RELAXED));
        await Promise.all([...group.flatMap(({ sha256, bytes }) => [tx.objectStore('objects').put(toBuffer(bytes), sha256), tx.objectStore('sizes').put(bytes.byteLength, sha256)]), tx.done]);
      }
    }),
    getObjects: (digests) => use('Reading model files', async (database) => {
      const tx = quiet(database.transaction('objects'));
      const found = await Promise.all(digests.map((digest) => tx.store.get(digest)));
      return found.map((buffer) => buffer && new Uint8Array(buffer));
    }),
    missingObjects: (digests) => use('Looking for model files', async (database) => {
      const tx = quiet(database.transaction('sizes'));
      const unique = [...new Set(digests)];
      const known = await Promise.all(unique.map((digest) => tx.store.getKey(digest)));
      return unique.filter((_, i) => known[i] === undefined);
    }),
    deleteObjects: (digests) => use('Deleting model files', async (database) => {
      const tx = quiet(database.transaction(['objects', 'sizes'], 'readwrite', RELAXED));
      await Promise.all([...digests.flatMap((digest) => [tx.objectStore('objects').delete(digest), tx.objectStore('sizes').delete(digest)]), tx.done]);
    }),
    listObjects: () => use('Listing model files', async (database) => {
      const tx = quiet(database.transaction('sizes'));
      const [keys, sizes] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
      return keys.map((key, i) => ({ sha256: key as Sha256, sizeBytes: sizes[i] ?? 0 }));
    }),

    putVersion: (record) => use('Storing a version', async (database) => {
      const tx = quiet(database.transaction('versions', 'readwrite', STRICT));
      await Promise.all([tx.store.put(record, versionKey(record.model, record.version, record.variant)), tx.done]);
    }),
    getVersion: (model, version, variant) => use('Reading a version', (database) => database.get('versions', versionKey(model, version, variant))),
    listVersions: (model) => use('Listing versions', async (database) => (await database.getAll('versions')).filter((record) => model === undefined || record.model === model)),
    deleteVersion: (model, version, variant) => use('Deleting a version', (database) => database.delete('versions', versionKey(model, version, variant))),

    getPointer: (ref) => use('Reading a pointer', (database) => database.get('pointers', ref)),
    listPointers: () => use('Listing pointers', (database) => database.getAll('pointers')),
    flip: (ref, to, expectedEpoch) => use('Activating a version', async (database) => {
      const tx = quiet(database.transaction(['pointers', 'versions'], 'readwrite', STRICT));
      const [pointers, versions] = [tx.objectStore('pointers'), tx.objectStore('versions')];
      const next = nextPointer(ref, await pointers.get(ref), to, expectedEpoch);
      if (next) {
        await pointers.put(next, ref);
        const all = await pointers.getAll();
        for (const record of await versions.getAll()) {
          const state = stateAfter(record, all);
          if (record.model === to.model && state !== record.state) await versions.put({ ...record, state }, versionKey(record.model, record.version, record.variant));
        }
      }
      await tx.done;
      return next;
    }),
    deletePointer: (ref) => use('Deleting a pointer', (database) => database.delete('pointers', ref)),

    getValue: (key) => use('Reading a value', (database) => database.get('values', key)),
    putValue: (key, value) => use('Storing a value', async (database) => void (await database.put('values', value, key))),
    deleteValue: (key) => use('Deleting a value', (database) => database.delete('values', key)),
    mergeProfile: (key, profile) => use('Recording a profile', async (database) => {
      const tx = quiet(database.transaction('values', 'readwrite', RELAXED));
      await tx.store.put(mergeEncoded(await tx.store.get(key), profile), key);
      await tx.done;
    }),
    listValues: (prefix) => use('Listing values', async (database) => (await database.getAllKeys('values', IDBKeyRange.bound(prefix, `${prefix}\uffff`))).map(String)),

    addBatch: (batch, sealed) => use('Storing a batch', async (database) => {
      const tx = quiet(database.transaction(['batches', 'values'], 'readwrite', STRICT));
      const values = tx.objectStore('values');
      const stored = await Promise.all(sealed.map(({ key }) => values.get(key)));
      const unchanged = sealed.every(({ value }, i) => sameValue(stored[i], value));
      if (unchanged) await Promise.all([tx.objectStore('batches').add(batch), ...sealed.map(({ key }) => values.delete(key))]);
      await tx.done;
      return unchanged;
    }),
    listBatches: () => use('Listing batches', (database) => database.getAll('batches')),
    deleteBatch: (batchId) => use('Deleting a batch', async (database) => {
      const tx = quiet(database.transaction('batches', 'readwrite', RELAXED));
      const key = await tx.store.index('batchId').getKey(batchId);
      if (key !== undefined) await tx.store.delete(key);
      await tx.done;
    }),

    close: async () => connection.close(),
  };
}

/** A failed request is what callers hear of; the transaction's own rejection for the same reason is not to show up as unhandled. */
function quiet<T extends { readonly done: Promise<void> }>(tx: T): T {
  tx.done.catch(() => undefined);
  return tx;
}

function inGroups<T extends { readonly bytes: Uint8Array }>(objects: readonly T[]): T[][] {
  const groups: T[][] = [];
  let room = 0;
  for (const object of objects) {
    if (object.bytes.byteLength > room || groups.length === 0) {
      groups.push([]);
      room = TRANSACTION_BYTES;
    }
    groups.at(-1)?.push(object);
    room -= object.bytes.byteLength;
  }
  return groups;
}

/** Exactly these bytes: a view's buffer may hold more. */
function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
