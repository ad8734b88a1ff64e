import { PerigeeError } from '../error.ts';
import { createMemoryStore, versionKey } from './memory.ts';
import { sameValue } from './same-value.ts';
import type { ModelStore, Pointer } from './store.ts';

/**
 * A store without room, extended by memory for what did not fit. The memory lasts as long as the
 * worker.
 */
export interface MemoryBeside {
  /** The store alone. */
  readonly store: ModelStore;
  /**
   * The combined store. Writes go to the store, except those for a version in memory and small
   * values that no longer fit.
   */
  readonly both: ModelStore;
  /** The combined store for installing a version wholly in memory. */
  readonly spare: ModelStore;
}

/** Combines a store with memory. Memory takes precedence where both have an entry. */
export function memoryBeside(store: ModelStore): MemoryBeside {
  const memory = createMemoryStore();

  const putValue = async (key: string, value: unknown): Promise<void> => {
    try {
      await store.putValue(key, value);
      await memory.deleteValue(key);
    } catch (error) {
      if (!(error instanceof PerigeeError && error.code === 'QUOTA')) throw error;
      await memory.putValue(key, value);
    }
  };
  /**
   * Changes values atomically in the store if memory holds none of them and the store has room.
   * Otherwise changes them one by one, because only this worker uses the memory.
   */
  const changeValues: ModelStore['changeValues'] = async (read, next) => {
    const names = [...read.map(({ key }) => key), ...Object.keys(next)];
    const held = await Promise.all(names.map((key) => memory.getValue(key)));
    if (held.every((value) => value === undefined)) {
      const changed = await store.changeValues(read, next).catch(ignoreFullDisk);
      if (changed !== undefined) return changed;
    }
    const now = await Promise.all(read.map(({ key }) => both.getValue(key)));
    if (!read.every(({ value }, i) => sameValue(now[i], value))) return false;
    for (const [key, value] of Object.entries(next))
      await (value === undefined ? both.deleteValue(key) : putValue(key, value));
    return true;
  };
  const getPointer = async (ref: string): Promise<Pointer | undefined> =>
    (await memory.getPointer(ref)) ?? store.getPointer(ref);

  const both: ModelStore = {
    kind: store.kind,

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
    async listObjects() {
      const listed = [...(await store.listObjects()), ...(await memory.listObjects())];
      return [...new Map(listed.map((object) => [object.sha256, object])).values()];
    },
    async packFile(sha256, chunks) {
      if ((await store.missingObjects(chunks.map((chunk) => chunk.sha256))).length === 0)
        await store.packFile(sha256, chunks);
    },
    getFile: (sha256, chunks) => store.getFile(sha256, chunks),

    async putVersion(record) {
      const isInMemory =
        (await memory.getVersion(record.model, record.version, record.variant)) !== undefined;
      await (isInMemory ? memory : store).putVersion(record);
    },
    getVersion: async (model, version, variant) =>
      (await memory.getVersion(model, version, variant)) ??
      store.getVersion(model, version, variant),
    async listVersions(model) {
      const listed = [...(await store.listVersions(model)), ...(await memory.listVersions(model))];
      return [
        ...new Map(
          listed.map((record) => [
            versionKey(record.model, record.version, record.variant),
            record,
          ]),
        ).values(),
      ];
    },
    async deleteVersion(model, version, variant) {
      await Promise.all([
        memory.deleteVersion(model, version, variant),
        store.deleteVersion(model, version, variant),
      ]);
    },

    getPointer,
    async listPointers() {
      const listed = [...(await store.listPointers()), ...(await memory.listPointers())];
      return [...new Map(listed.map((pointer) => [pointer.ref, pointer])).values()];
    },
    async flip(ref, to, expectedEpoch, beside = {}) {
      if (((await getPointer(ref))?.epoch ?? 0) !== expectedEpoch) return undefined;
      if (await memory.getVersion(to.model, to.version, to.variant)) {
        const flipped = await memory.flip(ref, to, (await memory.getPointer(ref))?.epoch ?? 0);
        if (flipped) for (const [key, value] of Object.entries(beside)) await putValue(key, value);
        return flipped;
      }
      const flipped = await store.flip(ref, to, (await store.getPointer(ref))?.epoch ?? 0, beside);
      if (flipped) await memory.deletePointer(ref);
      return flipped;
    },
    async deletePointer(ref) {
      await Promise.all([memory.deletePointer(ref), store.deletePointer(ref)]);
    },

    getValue: async (key) => (await memory.getValue(key)) ?? store.getValue(key),
    putValue,
    async deleteValue(key) {
      await Promise.all([memory.deleteValue(key), store.deleteValue(key)]);
    },
    changeValues,
    mergeProfile: (key, profile) => store.mergeProfile(key, profile),
    listValues: async (prefix) =>
      [
        ...new Set([...(await store.listValues(prefix)), ...(await memory.listValues(prefix))]),
      ].toSorted(),
    getValues: async (prefix) =>
      [
        ...new Map([...(await store.getValues(prefix)), ...(await memory.getValues(prefix))]),
      ].toSorted(([a], [b]) => (a < b ? -1 : 1)),

    addBatch: (batch, sealed) => store.addBatch(batch, sealed),
    listBatches: () => store.listBatches(),
    deleteBatch: (batchId) => store.deleteBatch(batchId),

    close: () => store.close(),
  };

  return {
    store,
    both,
    spare: {
      ...both,
      putObjects: (objects) => memory.putObjects(objects),
      missingObjects: (digests) => memory.missingObjects(digests),
      putVersion: (record) => memory.putVersion({ ...record, isInMemory: true }),
    },
  };
}

function ignoreFullDisk(error: unknown): undefined {
  if (!(error instanceof PerigeeError && error.code === 'QUOTA')) throw error;
}
