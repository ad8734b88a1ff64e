import type { Sha256 } from '@perigee/registry';
import { changingMethods } from './change-record.ts';
import type { ChangeStored } from './change-record.ts';
import { closedError } from './errors.ts';
import { nextPointer, stateAfter } from './flip.ts';
import { mergeEncoded } from './merge-encoded.ts';
import { putParts } from './put-parts.ts';
import { sameValue } from './same-value.ts';
import type {
  BatchStore,
  ModelStore,
  ObjectStore,
  Pointer,
  PointerStore,
  QueuedBatch,
  ValueStore,
  VersionRecord,
  VersionStore,
} from './store.ts';

/** The entries of a store in memory. */
interface Entries {
  readonly objects: Map<Sha256, Uint8Array>;
  readonly versions: Map<string, VersionRecord>;
  readonly pointers: Map<string, Pointer>;
  readonly values: Map<string, unknown>;
  readonly batches: Map<string, QueuedBatch>;
}

/** Runs a method in one turn of the event loop, which makes it atomic. */
type Atomic = <T>(work: () => T) => Promise<T>;

/**
 * A store that lives as long as its worker: the default in Node, and the fallback where a browser
 * blocks IndexedDB.
 */
export function createMemoryStore(): ModelStore {
  const entries: Entries = {
    objects: new Map(),
    versions: new Map(),
    pointers: new Map(),
    values: new Map(),
    batches: new Map(),
  };
  let closed = false;
  const atomic: Atomic = async (work) => {
    if (closed) throw closedError();
    return work();
  };
  return {
    kind: 'memory',
    ...objectStore(entries, atomic),
    ...versionStore(entries, atomic),
    ...pointerStore(entries, atomic),
    ...valueStore(entries, atomic),
    ...batchStore(entries, atomic),
    close: async () => {
      closed = true;
    },
  };
}

function objectStore({ objects }: Entries, atomic: Atomic): ObjectStore {
  const putObjects: ObjectStore['putObjects'] = (list) =>
    atomic(() => {
      for (const { sha256, bytes } of list)
        if (!objects.has(sha256)) objects.set(sha256, bytes.slice());
    });
  return {
    putObjects,
    getObjects: (digests) => atomic(() => digests.map((digest) => objects.get(digest)?.slice())),
    missingObjects: (digests) =>
      atomic(() => [...new Set(digests)].filter((digest) => !objects.has(digest))),
    deleteObjects: (digests) => atomic(() => digests.forEach((digest) => objects.delete(digest))),
    listObjects: () =>
      atomic(() =>
        Array.from(objects, ([sha256, bytes]) => ({ sha256, sizeBytes: bytes.byteLength })),
      ),
    // Objects are in memory already; reading them costs one copy.
    packFile: async () => undefined,
    putFile: (_sha256, chunks, whole) => putParts(putObjects, chunks, whole),
    getFile: async () => undefined,
    openFile: async () => undefined,
    takeApart: async () => undefined,
  };
}

function versionStore({ versions }: Entries, atomic: Atomic): VersionStore {
  const change: ChangeStored = (_what, { model, version, variant }, to) =>
    atomic(() => {
      const key = versionKey(model, version, variant);
      const record = to(versions.get(key));
      if (record) versions.set(key, structuredClone(record));
      return record;
    });
  return {
    putVersion: (record) =>
      atomic(
        () =>
          void versions.set(
            versionKey(record.model, record.version, record.variant),
            structuredClone(record),
          ),
      ),
    getVersion: (model, version, variant) =>
      atomic(() => versions.get(versionKey(model, version, variant))),
    listVersions: (model) =>
      atomic(() =>
        [...versions.values()].filter((record) => model === undefined || record.model === model),
      ),
    deleteVersion: (model, version, variant) =>
      atomic(() => void versions.delete(versionKey(model, version, variant))),
    ...changingMethods(change),
  };
}

function pointerStore({ pointers, versions, values }: Entries, atomic: Atomic): PointerStore {
  return {
    getPointer: (ref) => atomic(() => pointers.get(ref)),
    listPointers: () => atomic(() => [...pointers.values()]),
    flip: (ref, to, expectedEpoch, extraValues = {}) =>
      atomic(() => {
        const next = nextPointer(ref, pointers.get(ref), to, expectedEpoch);
        if (!next) return undefined;
        pointers.set(ref, next);
        for (const [key, value] of Object.entries(extraValues))
          values.set(key, structuredClone(value));
        for (const [key, record] of versions)
          if (record.model === to.model)
            versions.set(key, { ...record, state: stateAfter(record, [...pointers.values()]) });
        return next;
      }),
    deletePointer: (ref) => atomic(() => void pointers.delete(ref)),
  };
}

function valueStore({ values }: Entries, atomic: Atomic): ValueStore {
  return {
    getValue: (key) => atomic(() => structuredClone(values.get(key))),
    putValue: (key, value) => atomic(() => void values.set(key, structuredClone(value))),
    deleteValue: (key) => atomic(() => void values.delete(key)),
    changeValues: (read, next) =>
      atomic(() => {
        if (!read.every(({ key, value }) => sameValue(values.get(key), value))) return false;
        for (const [key, value] of Object.entries(next)) {
          if (value === undefined) values.delete(key);
          else values.set(key, structuredClone(value));
        }
        return true;
      }),
    mergeProfile: (key, profile) =>
      atomic(() => void values.set(key, mergeEncoded(values.get(key), profile.slice()))),
    listValues: (prefix) =>
      atomic(() => [...values.keys()].filter((key) => key.startsWith(prefix)).toSorted()),
    getValues: (prefix) =>
      atomic(() =>
        structuredClone(
          [...values]
            .filter(([key]) => key.startsWith(prefix))
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        ),
      ),
  };
}

function batchStore({ batches, values }: Entries, atomic: Atomic): BatchStore {
  return {
    addBatch: (batch, sealed) =>
      atomic(() => {
        if (!sealed.every(({ key, value }) => sameValue(values.get(key), value))) return false;
        batches.set(batch.batchId, structuredClone(batch));
        for (const { key } of sealed) values.delete(key);
        return true;
      }),
    listBatches: () => atomic(() => [...batches.values()]),
    deleteBatch: (batchId) => atomic(() => void batches.delete(batchId)),
  };
}

/** Returns a key for a version. Names and versions contain no space. */
export function versionKey(model: string, version: string, variant: string): string {
  return `${model} ${version} ${variant}`;
}
