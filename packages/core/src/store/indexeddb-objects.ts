import type { Sha256 } from '@perigee/registry';
import type { IDBPTransaction } from 'idb';
import type { Database } from './connection.ts';
import type { StoredObject, StoreSchema } from './schema.ts';
import type { ModelStore } from './store.ts';

/** Runs `work` on an open database; its faults are told as those of `what`. */
export type Use = <T>(what: string, work: (database: Database) => Promise<T>) => Promise<T>;

/** Of objects in one transaction: what a full disk or a killed tab can cost at once. */
const TRANSACTION_BYTES = 16 * 1024 * 1024;
export const RELAXED = { durability: 'relaxed' } as const;

type Objects = Pick<ModelStore, 'putObjects' | 'getObjects' | 'missingObjects' | 'deleteObjects' | 'listObjects' | 'packFile' | 'getFile'>;

/** Chunks as they arrive, one value each; once a file is whole, one Blob of it, which is read several times faster, and chunks are parts of that. */
export function indexedDbObjects(use: Use): Objects {
  return {
    putObjects: (objects) => use('Storing model files', async (database) => {
      for (const group of inGroups(objects)) {
        const tx = quiet(database.transaction(['objects', 'sizes'], 'readwrite', RELAXED));
        await Promise.all([...group.flatMap(({ sha256, bytes }) => [tx.objectStore('objects').put(toBuffer(bytes), sha256), tx.objectStore('sizes').put(bytes.byteLength, sha256)]), tx.done]);
      }
    }),
    getObjects: (digests) => use('Reading model files', async (database) => {
      const tx = quiet(database.transaction(['objects', 'files']));
      const found = await Promise.all(digests.map((digest) => readPart(tx, digest)));
      return Promise.all(found.map(async (part) => part && new Uint8Array(part instanceof Blob ? await part.arrayBuffer() : part)));
    }),
    missingObjects: (digests) => use('Looking for model files', async (database) => {
      const tx = quiet(database.transaction('sizes'));
      const unique = [...new Set(digests)];
      const known = await Promise.all(unique.map((digest) => tx.store.getKey(digest)));
      return unique.filter((_, i) => known[i] === undefined);
    }),
    deleteObjects: (digests) => use('Deleting model files', async (database) => {
      const tx = quiet(database.transaction(['objects', 'sizes', 'files'], 'readwrite', RELAXED));
      const objects = tx.objectStore('objects');
      await Promise.all(digests.flatMap((digest) => [objects.delete(digest), tx.objectStore('sizes').delete(digest)]));
      for (const file of await tx.objectStore('files').getAllKeys()) {
        const digestsOf = (await tx.objectStore('files').get(file))?.objects ?? [];
        const parts = await Promise.all(digestsOf.map((digest) => objects.get(digest)));
        if (!parts.some((part) => isPartOf(part, file))) await tx.objectStore('files').delete(file);
      }
      await tx.done;
    }),
    listObjects: () => use('Listing model files', async (database) => {
      const tx = quiet(database.transaction('sizes'));
      const [keys, sizes] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
      return keys.map((key, i) => ({ sha256: key as Sha256, sizeBytes: sizes[i] ?? 0 }));
    }),

    packFile: (sha256, chunks) => use('Putting a model file together', async (database) => {
      if (!mayHoldBlobs()) return;
      const read = quiet(database.transaction(['objects', 'files']));
      const parts = await Promise.all(chunks.map((chunk) => readPart(read, chunk.sha256)));
      const stored = await Promise.all(chunks.map((chunk) => read.objectStore('objects').get(chunk.sha256)));
      if (parts.includes(undefined) || stored.every((part) => isPartOf(part, sha256))) return;
      const blob = new Blob(parts as (Blob | ArrayBuffer)[]);
      const tx = quiet(database.transaction(['objects', 'sizes', 'files'], 'readwrite', RELAXED));
      // Collected meanwhile, they stay gone.
      const here = await Promise.all(chunks.map((chunk) => tx.objectStore('sizes').getKey(chunk.sha256)));
      if (here.includes(undefined)) return;
      const writes: Promise<unknown>[] = [tx.objectStore('files').put({ blob, objects: chunks.map((chunk) => chunk.sha256) }, sha256)];
      let offset = 0;
      for (const chunk of chunks) {
        writes.push(tx.objectStore('objects').put({ file: sha256, offset, sizeBytes: chunk.sizeBytes }, chunk.sha256));
        offset += chunk.sizeBytes;
      }
      await Promise.all([...writes, tx.done]);
    }),
    getFile: (sha256) => use('Reading a model file', async (database) => {
      const file = await database.get('files', sha256);
      return file && new Uint8Array(await file.blob.arrayBuffer());
    }),
  };
}

type Reading = IDBPTransaction<StoreSchema, ('objects' | 'files')[]>;

async function readPart(tx: Reading, digest: Sha256): Promise<ArrayBuffer | Blob | undefined> {
  const stored = await tx.objectStore('objects').get(digest);
  if (!stored || stored instanceof ArrayBuffer) return stored;
  const file = await tx.objectStore('files').get(stored.file);
  return file?.blob.slice(stored.offset, stored.offset + stored.sizeBytes);
}

function isPartOf(stored: StoredObject | undefined, file: string): boolean {
  return stored !== undefined && 'file' in stored && stored.file === file;
}

/** WebKit loses Blobs that are in IndexedDB (https://bugs.webkit.org/show_bug.cgi?id=188438); there, chunks stay as they came. */
function mayHoldBlobs(): boolean {
  const agent = (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '';
  return !/AppleWebKit/.test(agent) || /Chrom(e|ium)\//.test(agent);
}

/** A failed request is what callers hear of; the transaction's own rejection for the same reason is not to show up as unhandled. */
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

/** Exactly these bytes: a view's buffer may hold more. */
function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
