import type { Chunk, ModelFile, Sha256 } from '@perigee/registry';
import { unwrap } from 'idb';
import type { IDBPTransaction } from 'idb';
import { PerigeeError } from '../error.ts';
import type { Database } from './connection.ts';
import type { FileForm } from './file-form.ts';
import { fileInPieces } from './file-in-pieces.ts';
import type { OpfsFiles } from './opfs-files.ts';
import { putParts } from './put-parts.ts';
import type { StoredFile, StoredObject, StoreSchema } from './schema.ts';
import type { ObjectStore, OpenFile } from './store.ts';

/** Runs `work` on an open database. `what` names the operation in errors. */
export type Use = <T>(what: string, work: (database: Database) => Promise<T>) => Promise<T>;

/** Most bytes of objects in one transaction, which a full disk or a killed tab can lose at once. */
const TRANSACTION_BYTES = 16 * 1024 * 1024;
/** Bytes of a file to read and write at once. */
const PART_BYTES = 4 * 1024 * 1024;
/**
 * Objects to list for each one that is looked for. One request for a list takes less time than one
 * for each object; if the store has more, each is asked for.
 */
const LISTED_FOR_EACH = 8;
export const RELAXED = { durability: 'relaxed' } as const;
export const STRICT = { durability: 'strict' } as const;
const ALL: ('objects' | 'sizes' | 'files')[] = ['objects', 'sizes', 'files'];

/**
 * Stores chunks as one value each. Once a file is whole, it is packed into one piece where that is
 * faster to read, and its chunks refer to parts of it.
 */
export function indexedDbObjects(
  use: Use,
  opfs: OpfsFiles,
  fileForm: () => Promise<FileForm>,
): ObjectStore {
  const bytesOf = async (part: Part): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    if (part instanceof ArrayBuffer) return new Uint8Array(part);
    const whole = 'blob' in part.file ? part.file.blob : await opfs.blob(part.file.opfs);
    return (
      whole &&
      new Uint8Array(await whole.slice(part.offset, part.offset + part.sizeBytes).arrayBuffer())
    );
  };
  const read = async (
    database: Database,
    digests: readonly Sha256[],
  ): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> => {
    const tx = quiet(database.transaction(ALL, 'readonly'));
    const found = await Promise.all(digests.map((digest) => findPart(tx, digest)));
    return Promise.all(found.map((part) => part && bytesOf(part)));
  };

  const putObjects: ObjectStore['putObjects'] = (objects) =>
    use('Storing model files', async (database) => {
      for (const group of inGroups(objects)) {
        const tx = quiet(database.transaction(['objects', 'sizes'], 'readwrite', RELAXED));
        await Promise.all([
          ...group.flatMap(({ sha256, bytes }) => [
            tx.objectStore('objects').put(toBuffer(bytes), sha256),
            tx.objectStore('sizes').put(bytes.byteLength, sha256),
          ]),
          tx.done,
        ]);
      }
    });

  return {
    putObjects,
    getObjects: (digests) => use('Reading model files', (database) => read(database, digests)),
    missingObjects: (digests) =>
      use('Looking for model files', (database) => missing(database, [...new Set(digests)])),
    deleteObjects: (digests) =>
      use('Deleting model files', async (database) => {
        for (const file of await forget(database, digests))
          if ('opfs' in file) await opfs.remove(file.opfs);
      }),
    listObjects: () =>
      use('Listing model files', async (database) => {
        // Ignore failures: a leftover file only takes room.
        if ((await fileForm()) === 'opfs')
          await opfs.removeLeftovers(() => recordedNames(database)).catch(() => undefined);
        const tx = quiet(database.transaction('sizes'));
        const [keys, sizes] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
        return keys.map((key, i) => ({ sha256: key as Sha256, sizeBytes: sizes[i] ?? 0 }));
      }),

    packFile: (sha256, chunks) =>
      use('Putting a model file together', async (database) => {
        const form = await fileForm();
        if (
          form === 'chunks' ||
          !(await isToPack(quiet(database.transaction(ALL, 'readonly')), sha256, chunks))
        )
          return;
        const parts = chunks.map((chunk) => async () => {
          const [bytes] = await read(database, [chunk.sha256]);
          if (!bytes)
            throw new PerigeeError(
              'STORAGE',
              'A part of a model file was deleted while the file was put together.',
            );
          return bytes;
        });
        const written =
          form === 'opfs'
            ? { opfs: await opfs.write(parts) }
            : { blob: new Blob(await Promise.all(parts.map((part) => part()))) };
        await keep({ database, opfs }, sha256, chunks, written, isToPack);
      }),
    putFile: async (sha256, chunks, whole) => {
      const form = await fileForm();
      if (form === 'chunks') return putParts(putObjects, chunks, whole);
      await use('Storing a model file', (database) =>
        putWhole({ database, opfs, form }, sha256, chunks, whole),
      );
    },
    getFile: (sha256) =>
      use('Reading a model file', async (database) => {
        const file = await database.get('files', sha256);
        if (!file || 'opfs' in file) return file && opfs.read(file.opfs);
        return new Uint8Array(await file.blob.arrayBuffer());
      }),
    openFile: (file, chunks) =>
      use('Opening a model file', (database) => openBlob(database, file, chunks)),
    // The repair finds damaged chunks and writes each of them again.
    takeApart: async () => undefined,
  };
}

/** Undefined when the file is not stored as a Blob. */
async function openBlob(
  database: Database,
  file: ModelFile,
  chunks: readonly Chunk[],
): Promise<OpenFile | undefined> {
  const found = await database.get('files', file.sha256);
  return found && 'blob' in found ? fileInPieces(found.blob, file, chunks) : undefined;
}

async function missing(database: Database, digests: readonly Sha256[]): Promise<Sha256[]> {
  const { store } = quiet(database.transaction('sizes'));
  const most = LISTED_FOR_EACH * digests.length;
  const all = most > 0 ? await store.getAllKeys(null, most) : [];
  if (all.length < most) {
    const here = new Set<IDBValidKey>(all);
    return digests.filter((digest) => !here.has(digest));
  }
  const known = await Promise.all(digests.map((digest) => store.getKey(digest)));
  return digests.filter((_, i) => known[i] === undefined);
}

interface Target {
  readonly database: Database;
  readonly opfs: OpfsFiles;
  readonly form: FileForm;
}

async function putWhole(
  { database, opfs, form }: Target,
  sha256: Sha256,
  chunks: Chunks,
  whole: Blob,
): Promise<void> {
  const written = form === 'opfs' ? { opfs: await opfs.write(partsOf(whole)) } : { blob: whole };
  await keep({ database, opfs }, sha256, chunks, written, isNewFile);
}

/** Records a written file, and removes what is then not needed. */
async function keep(
  { database, opfs }: Pick<Target, 'database' | 'opfs'>,
  sha256: Sha256,
  chunks: Chunks,
  written: Written,
  isWanted: typeof isToPack,
): Promise<void> {
  const unused = await record(database, sha256, chunks, written, isWanted).catch(
    async (error: unknown) => {
      // On a full disk it would take the room of the next attempt.
      if ('opfs' in written) await opfs.remove(written.opfs).catch(() => undefined);
      throw error;
    },
  );
  if (unused && 'opfs' in unused) await opfs.remove(unused.opfs);
}

type Chunks = Parameters<ObjectStore['packFile']>[1];
type Written = { readonly blob: Blob } | { readonly opfs: string };
type Reading = IDBPTransaction<StoreSchema, typeof ALL>;
type Writing = IDBPTransaction<StoreSchema, typeof ALL, 'readwrite'>;
type Part =
  | ArrayBuffer
  | { readonly file: StoredFile; readonly offset: number; readonly sizeBytes: number };

async function findPart(tx: Reading, digest: Sha256): Promise<Part | undefined> {
  const stored = await tx.objectStore('objects').get(digest);
  if (!stored || stored instanceof ArrayBuffer) return stored;
  const file = await tx.objectStore('files').get(stored.file);
  return file && { ...stored, file };
}

/**
 * Whether all chunks of a file are stored and at least one is not yet part of a file. Parts of
 * another file remain so, because two files that share chunks would otherwise take them from each
 * other for ever.
 */
async function isToPack(tx: Reading | Writing, sha256: Sha256, chunks: Chunks): Promise<boolean> {
  const here = await Promise.all(
    chunks.map((chunk) => tx.objectStore('sizes').getKey(chunk.sha256)),
  );
  if (here.includes(undefined)) return false;
  // Read one after the other, because chunks that are not parts are read with their bytes.
  for (const chunk of chunks)
    if ((await tx.objectStore('objects').get(chunk.sha256)) instanceof ArrayBuffer) return true;
  return false;
}

/** Whether at least one chunk of a file is not yet part of a file. */
async function isNewFile(tx: Reading | Writing, _sha256: Sha256, chunks: Chunks): Promise<boolean> {
  for (const chunk of chunks) {
    const stored = await tx.objectStore('objects').get(chunk.sha256);
    if (stored === undefined || stored instanceof ArrayBuffer) return true;
  }
  return false;
}

/** Reads a file part by part, to write it with little memory. */
function partsOf(whole: Blob): (() => Promise<Uint8Array>)[] {
  return Array.from({ length: Math.ceil(whole.size / PART_BYTES) }, (_, i) => async () => {
    const part = whole.slice(i * PART_BYTES, (i + 1) * PART_BYTES);
    return new Uint8Array(await part.arrayBuffer());
  });
}

/**
 * Records a written file and makes the chunks parts of it. Resolves to a file that is no longer
 * needed: the replaced one, or the written one itself if a chunk was collected or another tab
 * packed them meanwhile.
 */
async function record(
  database: Database,
  sha256: Sha256,
  chunks: Chunks,
  written: Written,
  isWanted: typeof isToPack,
): Promise<Written | undefined> {
  // The replaced file outside the database is deleted afterwards, so a power failure must not undo
  // this transaction.
  const tx = quiet(database.transaction(ALL, 'readwrite', 'opfs' in written ? STRICT : RELAXED));
  if (!(await isWanted(tx, sha256, chunks))) return written;
  const replaced = await tx.objectStore('files').get(sha256);
  const fault = firstFault(tx);
  // Hundreds of requests without a promise each. One that fails ends the transaction.
  const [objects, sizes] = [unwrap(tx.objectStore('objects')), unwrap(tx.objectStore('sizes'))];
  const file = { ...written, objects: chunks.map((chunk) => chunk.sha256) };
  const putFile = tx.objectStore('files').put(file, sha256);
  let offset = 0;
  for (const chunk of chunks) {
    objects.put({ file: sha256, offset, sizeBytes: chunk.sizeBytes }, chunk.sha256);
    sizes.put(chunk.sizeBytes, chunk.sha256);
    offset += chunk.sizeBytes;
  }
  await Promise.all([putFile, tx.done]).catch((error: unknown) => {
    throw fault() ?? error;
  });
  return replaced;
}

/**
 * Notes the fault of the first request of a transaction that fails. If that request has no promise,
 * `done` rejects before the transaction has its error, and only says that it was aborted.
 */
function firstFault(tx: Writing): () => DOMException | null {
  const raw = unwrap(tx);
  let fault: DOMException | null = null;
  const note = ({ target }: Event): void => {
    fault ??= raw.error ?? (target as IDBRequest).error;
  };
  // Called before the listeners behind `done`.
  raw.addEventListener('error', note, { capture: true });
  return () => fault;
}

/** Deletes objects and the files that have no parts left. Resolves to these files. */
async function forget(database: Database, digests: readonly Sha256[]): Promise<StoredFile[]> {
  const tx = quiet(database.transaction(ALL, 'readwrite', RELAXED));
  const [objects, files] = [tx.objectStore('objects'), tx.objectStore('files')];
  await Promise.all(
    digests.flatMap((digest) => [objects.delete(digest), tx.objectStore('sizes').delete(digest)]),
  );
  const forgotten: StoredFile[] = [];
  for (const key of await files.getAllKeys()) {
    const file = await files.get(key);
    const parts = await Promise.all((file?.objects ?? []).map((digest) => objects.get(digest)));
    if (!file || parts.some((part) => isPartOf(part, key))) continue;
    await files.delete(key);
    forgotten.push(file);
  }
  await tx.done;
  return forgotten;
}

async function recordedNames(database: Database): Promise<string[]> {
  return (await database.getAll('files')).flatMap((file) => ('opfs' in file ? [file.opfs] : []));
}

function isPartOf(stored: StoredObject | undefined, file: string): boolean {
  return stored !== undefined && 'file' in stored && stored.file === file;
}

/** Marks a transaction's rejection as handled. Callers get the error of the failed request. */
export function quiet<T extends { readonly done: Promise<void> }>(tx: T): T {
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

/** Returns a buffer of exactly these bytes, because a view's buffer may hold more. */
function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
    ? bytes.buffer
    : bytes.slice().buffer;
}
