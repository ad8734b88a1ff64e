import type { Sha256 } from '@perigee/registry';
import type { DBSchema, IDBPDatabase } from 'idb';
import type { Pointer, QueuedBatch, VersionRecord } from './store.ts';

export const SCHEMA_VERSION = 2;

/** The bytes of an object, or its position in a packed file. */
export type StoredObject =
  | ArrayBuffer
  | { readonly file: Sha256; readonly offset: number; readonly sizeBytes: number };

/**
 * A file packed from objects, in the form that the browser reads fastest. It is kept as long as an
 * object is part of it.
 */
export type StoredFile = { readonly objects: readonly Sha256[] } & (
  | { readonly blob: Blob }
  | { /** Name of its file in the origin private file system. */ readonly opfs: string }
);

export interface StoreSchema extends DBSchema {
  objects: { key: string; value: StoredObject };
  /** Packed files by digest. */
  files: { key: string; value: StoredFile };
  /** Sizes in bytes by digest, so that listing reads no objects. */
  sizes: { key: string; value: number };
  versions: { key: string; value: VersionRecord };
  pointers: { key: string; value: Pointer };
  values: { key: string; value: unknown };
  /** Batches by their sequence number. */
  batches: { key: number; value: QueuedBatch; indexes: { batchId: string } };
}

export function upgrade(database: IDBPDatabase<StoreSchema>, oldVersion: number): void {
  if (oldVersion < 1) {
    for (const name of ['objects', 'sizes', 'versions', 'pointers', 'values'] as const)
      database.createObjectStore(name);
    database
      .createObjectStore('batches', { autoIncrement: true })
      .createIndex('batchId', 'batchId', { unique: true });
  }
  if (oldVersion < 2) database.createObjectStore('files');
}
