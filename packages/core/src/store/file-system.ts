import { closedError, storageError } from './errors.ts';
import { nextPointer, stateAfter } from './flip.ts';
import { openJournal } from './journal/journal.ts';
import type { Planned, View } from './journal/journal.ts';
import { keys } from './journal/keys.ts';
import type { Change } from './journal/record.ts';
import { decodeValue, encodeValue } from './journal/value-text.ts';
import { versionKey } from './memory.ts';
import { mergeEncoded } from './merge-encoded.ts';
import { objectFiles } from './object-files.ts';
import { sameValue } from './same-value.ts';
import type { ModelStore, Pointer, QueuedBatch, VersionRecord } from './store.ts';

/**
 * A store in a folder, for Node. Objects are files by digest; everything else is in a journal.
 * Several processes may share it.
 * @param onDamage returns values to put when the journal was damaged
 */
export function createFileSystemStore(
  folder: string,
  onDamage: () => Readonly<Record<string, unknown>> = () => ({}),
): ModelStore {
  let closed = false;
  const journal = openJournal(folder, () => valueChanges(onDamage()));

  const guard = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (closed) throw closedError();
    return work().catch((cause: unknown) => {
      throw storageError(cause, `${what} in ${folder}`);
    });
  };
  const read = <T>(what: string, work: (view: View) => Promise<T>): Promise<T> =>
    guard(what, () => journal.read(work));
  const transact = <T>(
    what: string,
    work: (view: View) => Promise<Planned<T>>,
    durability: 'strict' | 'relaxed' = 'strict',
  ): Promise<T> => guard(what, () => journal.change(work, durability));
  const write = (what: string, key: string, value: unknown): Promise<void> =>
    guard(what, async () => {
      // Encode the value now, because the caller may change its arrays afterwards.
      const changes: Change[] = [[key, encodeValue(value)]];
      await journal.change(async () => ({ changes, result: undefined }), 'strict');
    });
  const remove = (
    what: string,
    key: string,
    durability: 'strict' | 'relaxed' = 'strict',
  ): Promise<void> =>
    transact(
      what,
      async (view) => ({ changes: view.has(key) ? [[key, undefined]] : [], result: undefined }),
      durability,
    );

  return {
    kind: 'file-system',
    ...objectFiles(folder, guard),

    putVersion: (record) => write('Storing a version', keyOf(record), record),
    getVersion: (model, version, variant) =>
      read('Reading a version', (view) =>
        get<VersionRecord>(view, keyOf({ model, version, variant })),
      ),
    listVersions: (model) =>
      read('Listing versions', async (view) =>
        (await getAll<VersionRecord>(view, keys.version(''))).filter(
          (record) => model === undefined || record.model === model,
        ),
      ),
    deleteVersion: (model, version, variant) =>
      remove('Deleting a version', keyOf({ model, version, variant })),

    getPointer: (ref) => read('Reading a pointer', (view) => get<Pointer>(view, keys.pointer(ref))),
    listPointers: () => read('Listing pointers', (view) => getAll<Pointer>(view, keys.pointer(''))),
    flip: (ref, to, expectedEpoch, beside = {}) =>
      transact('Activating a version', async (view) => {
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
          changes: [[keys.pointer(ref), encodeValue(next)], ...valueChanges(beside), ...moved],
          result: next,
        };
      }),
    deletePointer: (ref) => remove('Deleting a pointer', keys.pointer(ref)),

    getValue: (key) => read('Reading a value', (view) => get(view, keys.value(key))),
    putValue: (key, value) => write('Storing a value', keys.value(key), value),
    deleteValue: (key) => remove('Deleting a value', keys.value(key)),
    changeValues: (before, next) =>
      transact('Changing values', async (view) =>
        (await isUnchanged(view, before))
          ? { changes: valueChanges(next), result: true }
          : { changes: [], result: false },
      ),
    mergeProfile: (key, profile) =>
      transact(
        'Recording a profile',
        async (view) => {
          const merged = mergeEncoded(await get(view, keys.value(key)), profile);
          return { changes: [[keys.value(key), encodeValue(merged)]], result: undefined };
        },
        'relaxed',
      ),
    listValues: (prefix) => read('Listing values', async (view) => valueNames(view, prefix)),
    getValues: (prefix) =>
      read('Reading values', (view) =>
        Promise.all(
          valueNames(view, prefix).map(
            async (key) => [key, await get(view, keys.value(key))] as const,
          ),
        ),
      ),

    addBatch: (batch, sealed) =>
      transact('Storing a batch', async (view) => {
        if (!(await isUnchanged(view, sealed))) return { changes: [], result: false };
        const cleared = sealed.map(({ key }) => [keys.value(key), undefined] as const);
        return {
          changes: [[keys.batch(batch.batchId), encodeValue(batch)], ...cleared],
          result: true,
        };
      }),
    listBatches: () => read('Listing batches', (view) => getAll<QueuedBatch>(view, keys.batch(''))),
    deleteBatch: (batchId) => remove('Deleting a batch', keys.batch(batchId), 'relaxed'),

    close: async () => {
      await journal.close();
      closed = true;
    },
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

function keyOf({
  model,
  version,
  variant,
}: Pick<VersionRecord, 'model' | 'version' | 'variant'>): string {
  return keys.version(versionKey(model, version, variant));
}
