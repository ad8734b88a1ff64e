import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { isSha256 } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import { closedError, storageError } from './errors.ts';
import { nextPointer, stateAfter } from './flip.ts';
import { versionKey } from './memory.ts';
import { mergeEncoded } from './merge-encoded.ts';
import { sameValue } from './same-value.ts';
import type { ModelStore, Pointer, QueuedBatch, VersionRecord } from './store.ts';

const LOCK_RETRY_MS = 10;
/** A lock this old belongs to a process that died with it: what is done under one takes milliseconds. */
const LOCK_STALE_MS = 10_000;

const LEFTOVER_MS = 3_600_000;
/** Files read at once: enough to keep a disk busy. */
const READ_AT_ONCE = 8;

interface State {
  versions: Record<string, VersionRecord>;
  pointers: Record<string, Pointer>;
  values: Record<string, unknown>;
  batches: QueuedBatch[];
}

/**
 * The store of an edge device: objects as files by digest, everything else in one state file. Files are written beside, flushed and
 * renamed into place; what changes the state holds a lock file, so that several processes may share the folder.
 */
export function createFileSystemStore(folder: string): ModelStore {
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();
  const stateFile = join(folder, 'state');
  const objectFile = (digest: string): string => {
    if (!isSha256(digest)) throw new PerigeeError('STORAGE', `"${digest}" is no digest, so there is no file of that name.`);
    return join(folder, 'objects', digest.slice(0, 2), digest);
  };

  const guard = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (closed) throw closedError();
    return work().catch((cause: unknown) => {
      throw storageError(cause, `${what} in ${folder}`);
    });
  };

  const readState = async (): Promise<State> => {
    const bytes = await readFile(stateFile).catch(ignoreMissing);
    const state = bytes && (deserialize(bytes) as State);
    // Without a prototype: a value named "constructor" is one only if it was put.
    return { versions: bare(state?.versions), pointers: bare(state?.pointers), values: bare(state?.values), batches: state?.batches ?? [] };
  };

  const read = <T>(what: string, pick: (state: State) => T): Promise<T> => guard(what, async () => pick(await readState()));

  /** One change at a time, in this process by a queue, across processes by the lock file. */
  const change = <T>(what: string, apply: (state: State) => T): Promise<T> => {
    const run = (): Promise<T> => guard(what, () => withLock(join(folder, 'lock'), async () => {
      const state = await readState();
      const result = apply(state);
      await writeFileSafely(stateFile, serialize(state));
      return result;
    }));
    const result = last.then(run, run);
    last = result.catch(() => undefined);
    return result;
  };

  return {
    kind: 'file-system',

    putObjects: (objects) => guard('Storing model files', async () => {
      for (const { sha256, bytes } of objects) {
        const file = objectFile(sha256);
        if (!(await exists(file))) await writeFileSafely(file, bytes);
      }
    }),
    getObjects: (digests) => guard('Reading model files', () => Promise.all(digests.map(async (digest) => {
      const bytes = await readFile(objectFile(digest)).catch(ignoreMissing);
      return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }))),
    missingObjects: (digests) => guard('Looking for model files', async () => {
      const unique = [...new Set(digests)];
      const here = await Promise.all(unique.map((digest) => exists(objectFile(digest))));
      return unique.filter((_, i) => !here[i]);
    }),
    deleteObjects: (digests) => guard('Deleting model files', async () => {
      await Promise.all(digests.map((digest) => unlink(objectFile(digest)).catch(ignoreMissing)));
    }),
    listObjects: () => guard('Listing model files', async () => {
      const names = await readdir(join(folder, 'objects'), { recursive: true }).catch(ignoreMissing) ?? [];
      const beside = await readdir(folder).catch(ignoreMissing) ?? [];
      await deleteLeftovers([...names.map((name) => join(folder, 'objects', name)), ...beside.map((name) => join(folder, name))].filter((file) => file.endsWith('.tmp')));
      const digests = names.map((name) => name.slice(-64)).filter((name): name is Sha256 => isSha256(name));
      return Promise.all(digests.map(async (sha256) => ({ sha256, sizeBytes: (await stat(objectFile(sha256))).size })));
    }),

    // Files of 1 MiB are read as fast as one of them all, into the one buffer there is to be.
    packFile: async () => undefined,
    getFile: (_sha256, chunks) => guard('Reading a model file', async () => {
      const bytes = new Uint8Array(chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
      let offset = 0;
      const places = chunks.map(({ sha256, sizeBytes }) => ({ file: objectFile(sha256), into: bytes.subarray(offset, (offset += sizeBytes)) }));
      for (let at = 0; at < places.length; at += READ_AT_ONCE) {
        const whole = await Promise.all(places.slice(at, at + READ_AT_ONCE).map(({ file, into }) => readInto(file, into)));
        if (whole.includes(false)) return undefined;
      }
      return bytes;
    }),

    putVersion: (record) => change('Storing a version', (state) => void (state.versions[versionKey(record.model, record.version, record.variant)] = record)),
    getVersion: (model, version, variant) => read('Reading a version', ({ versions }) => versions[versionKey(model, version, variant)]),
    listVersions: (model) => read('Listing versions', ({ versions }) => Object.values(versions).filter((record) => model === undefined || record.model === model)),
    deleteVersion: (model, version, variant) => change('Deleting a version', (state) => void delete state.versions[versionKey(model, version, variant)]),

    getPointer: (ref) => read('Reading a pointer', ({ pointers }) => pointers[ref]),
    listPointers: () => read('Listing pointers', ({ pointers }) => Object.values(pointers)),
    flip: (ref, to, expectedEpoch, beside = {}) => change('Activating a version', (state) => {
      const next = nextPointer(ref, state.pointers[ref], to, expectedEpoch);
      if (!next) return undefined;
      state.pointers[ref] = next;
      Object.assign(state.values, beside);
      for (const [key, record] of Object.entries(state.versions)) {
        if (record.model === to.model) state.versions[key] = { ...record, state: stateAfter(record, Object.values(state.pointers)) };
      }
      return next;
    }),
    deletePointer: (ref) => change('Deleting a pointer', (state) => void delete state.pointers[ref]),

    getValue: (key) => read('Reading a value', ({ values }) => values[key]),
    putValue: (key, value) => change('Storing a value', (state) => void (state.values[key] = value)),
    deleteValue: (key) => change('Deleting a value', (state) => void delete state.values[key]),
    mergeProfile: (key, profile) => change('Recording a profile', (state) => void (state.values[key] = mergeEncoded(state.values[key], profile))),
    listValues: (prefix) => read('Listing values', ({ values }) => Object.keys(values).filter((key) => key.startsWith(prefix)).toSorted()),
    getValues: (prefix) => read('Reading values', ({ values }) => Object.entries(values).filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1))),

    addBatch: (batch, sealed) => change('Storing a batch', (state) => {
      if (!sealed.every(({ key, value }) => sameValue(state.values[key], value))) return false;
      state.batches.push(batch);
      for (const { key } of sealed) delete state.values[key];
      return true;
    }),
    listBatches: () => read('Listing batches', ({ batches }) => batches),
    deleteBatch: (batchId) => change('Deleting a batch', (state) => void (state.batches = state.batches.filter((batch) => batch.batchId !== batchId))),

    close: async () => {
      await last;
      closed = true;
    },
  };
}

function bare<T>(record: Record<string, T> | undefined): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, record);
}

/** Whole or not at all, also when power fails in between: beside, flushed, renamed, the folder flushed. */
async function writeFileSafely(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const parent = await open(dirname(file), 'r');
  // Windows cannot flush a folder, and does not need to.
  await parent.sync().catch(() => undefined);
  await parent.close();
}

/** Whether the file is there and exactly as long as what it is read into. `readFile` would make pieces, join them and leave both to the garbage collector. */
async function readInto(file: string, into: Uint8Array): Promise<boolean> {
  const handle = await open(file).catch(ignoreMissing);
  if (!handle) return false;
  try {
    if ((await handle.stat()).size !== into.byteLength) return false;
    for (let at = 0; at < into.byteLength;) {
      const { bytesRead } = await handle.read(into, at, into.byteLength - at, at);
      if (bytesRead === 0) return false;
      at += bytesRead;
    }
    return true;
  } finally {
    await handle.close();
  }
}

/** What a process that was killed while writing left behind. A younger one may still be being written. */
async function deleteLeftovers(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { mtimeMs } = (await stat(file).catch(ignoreMissing)) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
  }
}

async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  for (;;) {
    const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (handle) {
      await handle.close();
      break;
    }
    if (!(await isStale(file)) || !(await removeStale(file))) await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

const isStale = (file: string): Promise<boolean> => stat(file).then(({ mtimeMs }) => Date.now() - mtimeMs > LOCK_STALE_MS, () => false);

/** One at a time, and looked at again: two that found the same old lock would else both go on, the second by taking away the lock of the first. */
async function removeStale(file: string): Promise<boolean> {
  const removing = `${file}.removing`;
  const handle = await open(removing, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (!handle) {
    if (await isStale(removing)) await rm(removing, { force: true });
    return false;
  }
  await handle.close();
  try {
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    await rm(removing, { force: true });
  }
  return true;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
