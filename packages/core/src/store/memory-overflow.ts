import { isQuota } from '../error.ts';
import { withTrials } from './change-record.ts';
import { createMemoryStore, versionKey } from './memory.ts';
import { sameValue } from './same-value.ts';
import type {
  ModelStore,
  ObjectStore,
  PointerStore,
  ReadValue,
  ValueStore,
  VersionName,
  VersionStore,
} from './store.ts';

/**
 * A store without room, extended by memory for what did not fit. The memory lasts as long as the
 * worker.
 *
 * An app's first prediction must not depend on a full disk, so the first version of a model is held
 * here (`install-in-memory.ts`). It needs a whole store, not only the bytes: the trial, probation,
 * further workers, and workers that replace an idle one read the version again. The cost is in
 * bench/RESULTS.md ("The cost of a full disk and of local privacy").
 */
export interface MemoryOverflow {
  /** The store alone. */
  readonly store: ModelStore;
  /**
   * The combined store. Writes go to the store, except those for a version in memory and small
   * values that no longer fit.
   */
  readonly combined: ModelStore;
  /** The combined store, with objects and versions written to memory. */
  readonly toMemory: ModelStore;
}

interface Parts {
  readonly store: ModelStore;
  readonly memory: ModelStore;
}

/** Combines a store with memory. Memory takes precedence where both have an entry. */
export function memoryOverflow(store: ModelStore): MemoryOverflow {
  const memory = createMemoryStore();
  const parts: Parts = { store, memory };
  const combined: ModelStore = {
    kind: store.kind,
    ...objectsOf(parts),
    ...versionsOf(parts),
    ...pointersOf(parts),
    ...valuesOf(parts),
    addBatch: (batch, sealed) => store.addBatch(batch, sealed),
    listBatches: () => store.listBatches(),
    deleteBatch: (batchId) => store.deleteBatch(batchId),
    close: () => store.close(),
  };
  return {
    store,
    combined,
    toMemory: {
      ...combined,
      putObjects: (objects) => memory.putObjects(objects),
      putFile: (sha256, chunks, whole) => memory.putFile(sha256, chunks, whole),
      missingObjects: (digests) => memory.missingObjects(digests),
      putVersion: (record) => memory.putVersion({ ...record, isInMemory: true }),
      async stageVersion(record) {
        const { model, version, variant } = record;
        const stored = await store.getVersion(model, version, variant);
        await memory.stageVersion({ ...withTrials(stored, record), isInMemory: true });
      },
    },
  };
}

function objectsOf({ store, memory }: Parts): ObjectStore {
  return {
    putObjects: (objects) => store.putObjects(objects),
    async getObjects(digests) {
      const found = await memory.getObjects(digests);
      const rest = digests.filter((_, i) => !found[i]);
      if (rest.length === 0) return found;
      const read = await store.getObjects(rest);
      return found.map((bytes) => bytes ?? read.shift());
    },
    // Objects of a stored version must be in the store, even if memory has them.
    missingObjects: (digests) => store.missingObjects(digests),
    async deleteObjects(digests) {
      await Promise.all([memory.deleteObjects(digests), store.deleteObjects(digests)]);
    },
    listObjects: async () =>
      unique([...(await store.listObjects()), ...(await memory.listObjects())], (o) => o.sha256),
    async packFile(sha256, chunks) {
      if ((await store.missingObjects(chunks.map((chunk) => chunk.sha256))).length === 0)
        await store.packFile(sha256, chunks);
    },
    putFile: (sha256, chunks, whole) => store.putFile(sha256, chunks, whole),
    getFile: (sha256, chunks) => store.getFile(sha256, chunks),
    openFile: (file, chunks) => store.openFile(file, chunks),
    takeApart: (sha256) => store.takeApart(sha256),
  };
}

function versionsOf({ store, memory }: Parts): VersionStore {
  /** The store that holds a version. */
  const holder = async ({ model, version, variant }: VersionName): Promise<ModelStore> =>
    (await memory.getVersion(model, version, variant)) ? memory : store;
  return {
    putVersion: async (record) => (await holder(record)).putVersion(record),
    getVersion: async (model, version, variant) =>
      (await memory.getVersion(model, version, variant)) ??
      store.getVersion(model, version, variant),
    listVersions: async (model) =>
      unique([...(await store.listVersions(model)), ...(await memory.listVersions(model))], (one) =>
        versionKey(one.model, one.version, one.variant),
      ),
    async deleteVersion(model, version, variant) {
      await Promise.all([
        memory.deleteVersion(model, version, variant),
        store.deleteVersion(model, version, variant),
      ]);
    },
    stageVersion: async (record) => (await holder(record)).stageVersion(record),
    changeVersion: async (named, from, changes) =>
      (await holder(named)).changeVersion(named, from, changes),
    addAttempts: async (model, version, variant, by) =>
      (await holder({ model, version, variant })).addAttempts(model, version, variant, by),
  };
}

function pointersOf(parts: Parts): PointerStore {
  const { store, memory } = parts;
  return {
    getPointer: async (ref) => (await memory.getPointer(ref)) ?? store.getPointer(ref),
    listPointers: async () =>
      unique([...(await store.listPointers()), ...(await memory.listPointers())], ({ ref }) => ref),
    async flip(ref, to, expectedEpoch, extraValues = {}) {
      const [held, stored] = [await memory.getPointer(ref), await store.getPointer(ref)];
      if (((held ?? stored)?.epoch ?? 0) !== expectedEpoch) return undefined;
      if (await memory.getVersion(to.model, to.version, to.variant)) {
        const flipped = await memory.flip(ref, to, held?.epoch ?? 0);
        if (flipped)
          for (const [key, value] of Object.entries(extraValues)) await putValue(parts, key, value);
        return flipped;
      }
      const flipped = await store.flip(ref, to, stored?.epoch ?? 0, extraValues);
      if (flipped) await memory.deletePointer(ref);
      return flipped;
    },
    async deletePointer(ref) {
      await Promise.all([memory.deletePointer(ref), store.deletePointer(ref)]);
    },
  };
}

function valuesOf(parts: Parts): ValueStore {
  const { store, memory } = parts;
  return {
    getValue: (key) => getValue(parts, key),
    putValue: (key, value) => putValue(parts, key, value),
    deleteValue: (key) => deleteValue(parts, key),
    changeValues: (read, next) => changeValues(parts, read, next),
    mergeProfile: (key, profile) => store.mergeProfile(key, profile),
    listValues: async (prefix) =>
      [
        ...new Set([...(await store.listValues(prefix)), ...(await memory.listValues(prefix))]),
      ].toSorted(),
    getValues: async (prefix) =>
      unique(
        [...(await store.getValues(prefix)), ...(await memory.getValues(prefix))],
        ([key]) => key,
      ).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  };
}

async function getValue({ store, memory }: Parts, key: string): Promise<unknown> {
  return (await memory.getValue(key)) ?? store.getValue(key);
}

async function putValue({ store, memory }: Parts, key: string, value: unknown): Promise<void> {
  try {
    await store.putValue(key, value);
    await memory.deleteValue(key);
  } catch (error) {
    if (!isQuota(error)) throw error;
    await memory.putValue(key, value);
  }
}

async function deleteValue({ store, memory }: Parts, key: string): Promise<void> {
  await Promise.all([memory.deleteValue(key), store.deleteValue(key)]);
}

/**
 * Changes values atomically in the store if memory holds none of them and the store has room.
 * Otherwise changes them one by one, because only this worker uses the memory.
 */
async function changeValues(
  parts: Parts,
  read: readonly ReadValue[],
  next: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { store, memory } = parts;
  const names = [...read.map(({ key }) => key), ...Object.keys(next)];
  const held = await Promise.all(names.map((key) => memory.getValue(key)));
  if (held.every((value) => value === undefined)) {
    const changed = await store.changeValues(read, next).catch(ignoreQuota);
    if (changed !== undefined) return changed;
  }
  const now = await Promise.all(read.map(({ key }) => getValue(parts, key)));
  if (!read.every(({ value }, i) => sameValue(now[i], value))) return false;
  for (const [key, value] of Object.entries(next))
    await (value === undefined ? deleteValue(parts, key) : putValue(parts, key, value));
  return true;
}

/** Removes items with a repeated key. The last one stays, in the place of the first. */
function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

function ignoreQuota(error: unknown): undefined {
  if (!isQuota(error)) throw error;
}
