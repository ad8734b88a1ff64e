import { changingMethods } from './change-record.ts';
import type { ChangeStored } from './change-record.ts';
import { closedError, storageError } from './errors.ts';
import { nextPointer, stateAfter } from './flip.ts';
import { openJournal } from './journal/journal.ts';
import type { Durability, Journal, Planned, View } from './journal/journal.ts';
import { keys } from './journal/keys.ts';
import type { Change } from './journal/record.ts';
import { decodeValue, encodeValue } from './journal/value-text.ts';
import { versionKey } from './memory.ts';
import { mergeEncoded } from './merge-encoded.ts';
import { objectFiles } from './object-files.ts';
import { sameValue } from './same-value.ts';
import type {
  BatchStore,
  ModelStore,
  Pointer,
  PointerStore,
  QueuedBatch,
  ValueStore,
  VersionName,
  VersionRecord,
  VersionStore,
} from './store.ts';

/** A folder whose journal is read and changed. `what` names the work in errors. */
interface Folder {
  read<T>(what: string, work: (view: View) => Promise<T>): Promise<T>;
  transact<T>(
    what: string,
    work: (view: View) => Promise<Planned<T>>,
    durability?: Durability,
  ): Promise<T>;
  write(what: string, key: string, value: unknown): Promise<void>;
  remove(what: string, key: string, durability?: Durability): Promise<void>;
}

/** Runs work that `what` names in errors. Rejects once the store is closed. */
type Guard = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/**
 * A store in a folder, for Node. Objects are files by digest; everything else is in a journal.
 * Several processes may share it.
 * @param onDamage returns values to put when the journal was damaged
 * @param minPackedBytes smallest size of a file that is packed
 */
export function createFileSystemStore(
  path: string,
  onDamage: () => Readonly<Record<string, unknown>> = () => ({}),
  minPackedBytes?: number,
): ModelStore {
  let closed = false;
  const journal = openJournal(path, () => valueChanges(onDamage()));
  const guard: Guard = async (what, work) => {
    if (closed) throw closedError();
    return work().catch((cause: unknown) => {
      throw storageError(cause, `${what} in ${path}`);
    });
  };
  const folder = folderOf(journal, guard);
  return {
    kind: 'file-system',
    ...objectFiles(path, guard, minPackedBytes),
    ...versionStore(folder),
    ...pointerStore(folder),
    ...valueStore(folder),
    ...batchStore(folder),
    close: async () => {
      await journal.close();
      closed = true;
    },
  };
}

function folderOf(journal: Journal, guard: Guard): Folder {
  return {
    read: (what, work) => guard(what, () => journal.read(work)),
    transact: (what, work, durability = 'strict') =>
      guard(what, () => journal.change(work, durability)),
    write: (what, key, value) =>
      guard(what, async () => {
        // Encode the value now, because the caller may change its arrays afterwards.
        const changes: Change[] = [[key, encodeValue(value)]];
        await journal.change(async () => ({ changes, result: undefined }), 'strict');
      }),
    remove: (what, key, durability = 'strict') =>
      guard(what, () =>
        journal.change(async (view) => {
          const changes: Change[] = view.has(key) ? [[key, undefined]] : [];
          return { changes, result: undefined };
        }, durability),
      ),
  };
}

function versionStore(folder: Folder): VersionStore {
  const change: ChangeStored = (what, named, to) =>
    folder.transact(what, async (view) => {
      const key = keyOf(named);
      const record = to(await get<VersionRecord>(view, key));
      const changes: Change[] = record ? [[key, encodeValue(record)]] : [];
      return { changes, result: record };
    });
  return {
    putVersion: (record) => folder.write('Storing a version', keyOf(record), record),
    getVersion: (model, version, variant) =>
      folder.read('Reading a version', (view) =>
        get<VersionRecord>(view, keyOf({ model, version, variant })),
      ),
    listVersions: (model) =>
      folder.read('Listing versions', async (view) =>
        (await getAll<VersionRecord>(view, keys.version(''))).filter(
          (record) => model === undefined || record.model === model,
        ),
      ),
    deleteVersion: (model, version, variant) =>
      folder.remove('Deleting a version', keyOf({ model, version, variant })),
    ...changingMethods(change),
  };
}

function pointerStore(folder: Folder): PointerStore {
  return {
    getPointer: (ref) =>
      folder.read('Reading a pointer', (view) => get<Pointer>(view, keys.pointer(ref))),
    listPointers: () =>
      folder.read('Listing pointers', (view) => getAll<Pointer>(view, keys.pointer(''))),
    flip: (ref, to, expectedEpoch, extraValues = {}) =>
      folder.transact('Activating a version', async (view) => {
        const next = nextPointer(
          ref,
          await get<Pointer>(view, keys.pointer(ref)),
          to,
          expectedEpoch,
        );
        if (!next) return { changes: [], result: undefined };
        const pointers = [
          ...(await getAll<Pointer>(view, keys.pointer(''))).filter(
            (pointer) => pointer.ref !== ref,
          ),
          next,
        ];
        const moved = (await getAll<VersionRecord>(view, keys.version('')))
          .filter(({ model }) => model === to.model)
          .map((record) => ({ record, state: stateAfter(record, pointers) }))
          .filter(({ record, state }) => state !== record.state)
          .map(({ record, state }) => [keyOf(record), encodeValue({ ...record, state })] as const);
        return {
          changes: [[keys.pointer(ref), encodeValue(next)], ...valueChanges(extraValues), ...moved],
          result: next,
        };
      }),
    deletePointer: (ref) => folder.remove('Deleting a pointer', keys.pointer(ref)),
  };
}

function valueStore(folder: Folder): ValueStore {
  return {
    getValue: (key) => folder.read('Reading a value', (view) => get(view, keys.value(key))),
    putValue: (key, value) => folder.write('Storing a value', keys.value(key), value),
    deleteValue: (key) => folder.remove('Deleting a value', keys.value(key)),
    changeValues: (before, next) =>
      folder.transact('Changing values', async (view) =>
        (await isUnchanged(view, before))
          ? { changes: valueChanges(next), result: true }
          : { changes: [], result: false },
      ),
    mergeProfile: (key, profile) =>
      folder.transact(
        'Recording a profile',
        async (view) => {
          const merged = mergeEncoded(await get(view, keys.value(key)), profile);
          return { changes: [[keys.value(key), encodeValue(merged)]], result: undefined };
        },
        'relaxed',
      ),
    listValues: (prefix) => folder.read('Listing values', async (view) => valueNames(view, prefix)),
    getValues: (prefix) =>
      folder.read('Reading values', (view) =>
        Promise.all(
          valueNames(view, prefix).map(
            async (key) => [key, await get(view, keys.value(key))] as const,
          ),
        ),
      ),
  };
}

function batchStore(folder: Folder): BatchStore {
  return {
    addBatch: (batch, sealed) =>
      folder.transact('Storing a batch', async (view) => {
        if (!(await isUnchanged(view, sealed))) return { changes: [], result: false };
        const cleared = sealed.map(({ key }) => [keys.value(key), undefined] as const);
        return {
          changes: [[keys.batch(batch.batchId), encodeValue(batch)], ...cleared],
          result: true,
        };
      }),
    listBatches: () =>
      folder.read('Listing batches', (view) => getAll<QueuedBatch>(view, keys.batch(''))),
    deleteBatch: (batchId) => folder.remove('Deleting a batch', keys.batch(batchId), 'relaxed'),
  };
}

async function get<T>(view: View, key: string): Promise<T | undefined> {
  const bytes = await view.get(key);
  return bytes && (decodeValue(bytes) as T);
}

/** Returns all values under a prefix, in the order in which they were first put. */
function getAll<T>(view: View, prefix: string): Promise<T[]> {
  return Promise.all(view.keys(prefix).map(async (key) => (await get<T>(view, key)) as T));
}

function valueNames(view: View, prefix: string): string[] {
  return view
    .keys(keys.value(prefix))
    .map((key) => key.slice(keys.value('').length))
    .toSorted();
}

async function isUnchanged(
  view: View,
  before: readonly { readonly key: string; readonly value: unknown }[],
): Promise<boolean> {
  const now = await Promise.all(before.map(({ key }) => get(view, keys.value(key))));
  return before.every(({ value }, i) => sameValue(now[i], value));
}

function valueChanges(values: Readonly<Record<string, unknown>>): Change[] {
  return Object.entries(values).map(([key, value]) => [
    keys.value(key),
    value === undefined ? undefined : encodeValue(value),
  ]);
}

function keyOf({ model, version, variant }: VersionName): string {
  return keys.version(versionKey(model, version, variant));
}
