import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDriver } from './driver.ts';
import type { Driver } from './driver.ts';
import { takeFile } from './owner.ts';
import { createSchema } from './schema.ts';
import { createSumRows } from './sum-rows.ts';
import type { SumRows } from './sum-rows.ts';

/** The open file of the store. This process is its only writer. */
export interface SqliteFile {
  readonly path: string;
  readonly driver: Driver;
  readonly rows: SumRows;
  /** True if the last write failed, usually because the disk is full. */
  isFailing: boolean;
  close(): void;
}

/**
 * Opens the file, or creates it.
 * @throws Error if another process has it, or a newer collector wrote it
 */
export function openSqliteFile(path: string, prefer?: Driver['name']): SqliteFile {
  const isFile = path !== ':memory:';
  if (isFile) mkdirSync(dirname(path), { recursive: true });
  const releaseLock = isFile ? takeFile(path, prefer) : () => undefined;
  let driver: Driver | undefined;
  const close = (): void => {
    driver?.close();
    releaseLock();
  };
  try {
    driver = openDriver(path, prefer);
    createSchema(driver);
    return {
      path,
      driver,
      rows: createSumRows(driver),
      isFailing: false,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
