import { HttpError } from '../../http/http-error.ts';
import { isSqliteError } from './driver.ts';
import type { Driver } from './driver.ts';
import type { SqliteFile } from './sqlite-file.ts';

const RETRY_AFTER_SECONDS = 30;

/**
 * Runs `work` in a transaction, which is rolled back if `work` throws.
 * @throws HttpError 503 for an error of SQLite, which no single upload caused
 */
export function inTransaction<T>(file: SqliteFile, work: () => T): T {
  const { driver } = file;
  try {
    driver.exec('BEGIN IMMEDIATE');
    const result = work();
    driver.exec('COMMIT');
    file.isFailing = false;
    return result;
  } catch (error) {
    rollBack(driver);
    if (!isSqliteError(error)) throw error;
    file.isFailing = true;
    throw new HttpError(
      503,
      'UNAVAILABLE',
      'The store could not write; try again later.',
      RETRY_AFTER_SECONDS,
      { cause: error },
    );
  }
}

function rollBack(driver: Driver): void {
  try {
    driver.exec('ROLLBACK');
  } catch {
    // No transaction was open: BEGIN failed, or SQLite rolled back by itself on a full or failing
    // disk. The caller reports the original error.
  }
}
