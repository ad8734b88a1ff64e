import type { DBSchema, IDBPDatabase } from 'idb';
import type { Pointer, QueuedBatch, VersionRecord } from './store.ts';

export const SCHEMA_VERSION = 1;

export interface StoreSchema extends DBSchema {
  /** Digest → ArrayBuffer: a Blob in IndexedDB breaks on WebKit. */
  objects: { key: string; value: ArrayBuffer };
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
}
