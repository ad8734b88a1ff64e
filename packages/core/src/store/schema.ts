import type { Sha256 } from '@perigee/registry';
import type { DBSchema, IDBPDatabase } from 'idb';
import type { Pointer, QueuedBatch, VersionRecord } from './store.ts';

export const SCHEMA_VERSION = 2;

/** The bytes of an object, or which part of a file they are. */
export type StoredObject = ArrayBuffer | { readonly file: Sha256; readonly offset: number; readonly sizeBytes: number };

/** A file put together from objects, in the form that the browser which stored it reads fastest. It is kept as long as an object is a part of it. */
export type StoredFile = { readonly objects: readonly Sha256[] } & ({ readonly blob: Blob } | { /** Name of its file in the origin private file system. */ readonly opfs: string });

export interface StoreSchema extends DBSchema {
  objects: { key: string; value: StoredObject };
  /** By digest. */
  files: { key: string; value: StoredFile };
  /** Digest → size, so that listing reads no bytes. */
  sizes: { key: string; value: number };
  versions: { key: string; value: VersionRecord };
  pointers: { key: string; value: Pointer };
  values: { key: string; value: unknown };
  /** Keyed by the order of sealing. */
  batches: { key: number; value: QueuedBatch; indexes: { batchId: string } };
}

export function upgrade(database: IDBPDatabase<StoreSchema>, oldVersion: number): void {
  if (oldVersion < 1) {
    for (const name of ['objects', 'sizes', 'versions', 'pointers', 'values'] as const) database.createObjectStore(name);
    database.createObjectStore('batches', { autoIncrement: true }).createIndex('batchId', 'batchId', { unique: true });
  }
  if (oldVersion < 2) database.createObjectStore('files');
}
