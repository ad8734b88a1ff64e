import { join } from 'node:path';
import type { StoreOptions } from '../options.ts';
import { openClickHouseReader, openClickHouseStore } from './clickhouse/clickhouse-store.ts';
import { openSqliteReader } from './sqlite/reading.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { CollectorStore, StoreReader } from './store.ts';

const fileIn = (dataDir: string): string => join(dataDir, 'collector.sqlite');

export async function openStore(store: StoreOptions, dataDir: string): Promise<CollectorStore> {
  return store.kind === 'clickhouse'
    ? openClickHouseStore(store)
    : openSqliteStore(fileIn(dataDir));
}

/** Opens the same store as `openStore`, read-only, for another thread. */
export async function openReader(store: StoreOptions, dataDir: string): Promise<StoreReader> {
  return store.kind === 'clickhouse'
    ? openClickHouseReader(store)
    : openSqliteReader(fileIn(dataDir));
}
