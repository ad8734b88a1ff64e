import { changingMethods } from './change-record.ts';
import type { ChangeStored } from './change-record.ts';
import { createConnection } from './connection.ts';
import { storageError } from './errors.ts';
import { chooseFileForm } from './file-form.ts';
import { nextPointer, stateAfter } from './flip.ts';
import { indexedDbObjects, quiet, RELAXED, STRICT } from './indexeddb-objects.ts';
import type { Use } from './indexeddb-objects.ts';
import { versionKey } from './memory.ts';
import { mergeEncoded } from './merge-encoded.ts';
import { opfsFiles } from './opfs-files.ts';
import { sameValue } from './same-value.ts';
import type { BatchStore, ModelStore, PointerStore, ValueStore, VersionStore } from './store.ts';

/**
 * The store in browsers. It survives reloads, closed tabs and crashes. Whole files may be outside
 * the database, in the origin private file system.
 */
export function createIndexedDbStore(name: string, fileForm = chooseFileForm): ModelStore {
  const connection = createConnection(name);
  const use: Use = (what, work) =>
    connection.use(work).catch((cause: unknown) => {
      throw storageError(cause, what);
    });

  return {
    kind: 'indexeddb',
    ...indexedDbObjects(use, opfsFiles(name), fileForm),
    ...versionStore(use),
    ...pointerStore(use),
    ...valueStore(use),
    ...batchStore(use),
    close: async () => connection.close(),
  };
}

function versionStore(use: Use): VersionStore {
  const change: ChangeStored = (what, { model, version, variant }, to) =>
    use(what, async (database) => {
      const tx = quiet(database.transaction('versions', 'readwrite', STRICT));
      const key = versionKey(model, version, variant);
      const record = to(await tx.store.get(key));
      if (record) await tx.store.put(record, key);
      await tx.done;
      return record;
    });
  return {
    putVersion: (record) =>
      use('Storing a version', async (database) => {
        const tx = quiet(database.transaction('versions', 'readwrite', STRICT));
        await Promise.all([
          tx.store.put(record, versionKey(record.model, record.version, record.variant)),
          tx.done,
        ]);
      }),
    getVersion: (model, version, variant) =>
      use('Reading a version', (database) =>
        database.get('versions', versionKey(model, version, variant)),
      ),
    listVersions: (model) =>
      use('Listing versions', async (database) =>
        (await database.getAll('versions')).filter(
          (record) => model === undefined || record.model === model,
        ),
      ),
    deleteVersion: (model, version, variant) =>
      use('Deleting a version', (database) =>
        database.delete('versions', versionKey(model, version, variant)),
      ),
    ...changingMethods(change),
  };
}

function pointerStore(use: Use): PointerStore {
  return {
    getPointer: (ref) => use('Reading a pointer', (database) => database.get('pointers', ref)),
    listPointers: () => use('Listing pointers', (database) => database.getAll('pointers')),
    flip: (ref, to, expectedEpoch, extraValues = {}) =>
      use('Activating a version', async (database) => {
        const tx = quiet(
          database.transaction(['pointers', 'versions', 'values'], 'readwrite', STRICT),
        );
        const [pointers, versions] = [tx.objectStore('pointers'), tx.objectStore('versions')];
        const next = nextPointer(ref, await pointers.get(ref), to, expectedEpoch);
        if (next) {
          await pointers.put(next, ref);
          for (const [key, value] of Object.entries(extraValues))
            await tx.objectStore('values').put(value, key);
          const all = await pointers.getAll();
          for (const record of await versions.getAll()) {
            const state = stateAfter(record, all);
            if (record.model === to.model && state !== record.state)
              await versions.put(
                { ...record, state },
                versionKey(record.model, record.version, record.variant),
              );
          }
        }
        await tx.done;
        return next;
      }),
    deletePointer: (ref) =>
      use('Deleting a pointer', (database) => database.delete('pointers', ref)),
  };
}

function valueStore(use: Use): ValueStore {
  return {
    getValue: (key) => use('Reading a value', (database) => database.get('values', key)),
    putValue: (key, value) =>
      use('Storing a value', async (database) => void (await database.put('values', value, key))),
    deleteValue: (key) => use('Deleting a value', (database) => database.delete('values', key)),
    changeValues: (read, next) =>
      use('Changing values', async (database) => {
        const tx = quiet(database.transaction('values', 'readwrite', STRICT));
        const stored = await Promise.all(read.map(({ key }) => tx.store.get(key)));
        const unchanged = read.every(({ value }, i) => sameValue(stored[i], value));
        if (unchanged)
          await Promise.all(
            Object.entries(next).map(([key, value]) =>
              value === undefined ? tx.store.delete(key) : tx.store.put(value, key),
            ),
          );
        await tx.done;
        return unchanged;
      }),
    mergeProfile: (key, profile) =>
      use('Recording a profile', async (database) => {
        const tx = quiet(database.transaction('values', 'readwrite', RELAXED));
        await tx.store.put(mergeEncoded(await tx.store.get(key), profile), key);
        await tx.done;
      }),
    listValues: (prefix) =>
      use('Listing values', async (database) =>
        (await database.getAllKeys('values', beginningWith(prefix))).map(String),
      ),
    getValues: (prefix) =>
      use('Reading values', async (database) => {
        const { store } = database.transaction('values');
        const [keys, values] = await Promise.all([
          store.getAllKeys(beginningWith(prefix)),
          store.getAll(beginningWith(prefix)),
        ]);
        return keys.map((key, i) => [key, values[i]] as const);
      }),
  };
}

function batchStore(use: Use): BatchStore {
  return {
    addBatch: (batch, sealed) =>
      use('Storing a batch', async (database) => {
        const tx = quiet(database.transaction(['batches', 'values'], 'readwrite', STRICT));
        const values = tx.objectStore('values');
        const stored = await Promise.all(sealed.map(({ key }) => values.get(key)));
        const unchanged = sealed.every(({ value }, i) => sameValue(stored[i], value));
        if (unchanged)
          await Promise.all([
            tx.objectStore('batches').add(batch),
            ...sealed.map(({ key }) => values.delete(key)),
          ]);
        await tx.done;
        return unchanged;
      }),
    listBatches: () => use('Listing batches', (database) => database.getAll('batches')),
    deleteBatch: (batchId) =>
      use('Deleting a batch', async (database) => {
        const tx = quiet(database.transaction('batches', 'readwrite', RELAXED));
        const key = await tx.store.index('batchId').getKey(batchId);
        if (key !== undefined) await tx.store.delete(key);
        await tx.done;
      }),
  };
}

function beginningWith(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}
