import type { Sha256 } from '@perigee/registry';
import type { DBSchema, IDBPDatabase } from 'idb';
import type { Pointer, QueuedBatch, VersionRecord } from './store.ts';

export const SCHEMA_VERSION = 2;

/** The bytes of an object, or which part of a file they are. */
export type StoredObject = ArrayBuffer | { readonly file: Sha256; readonly offset: number; readonly sizeBytes: number };

export interface StoreSchema extends DBSchema {
  objects: { key: string; value: StoredObject };
  /** Files put together from objects, by digest. It is kept as long as an object is a part of it. */
  files: { key: string; value: { readonly blob: Blob; readonly objects: readonly Sha256[] } };
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
