import { HttpError } from '../../http/http-error.ts';
import { messageOf } from '../../message-of.ts';
import type { Upload } from '../store.ts';
import { blobOf } from './driver.ts';
import { packRecords, unpackRecords } from './journal.ts';
import { createPendingSums } from './pending-sums.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { inTransaction } from './transaction.ts';

const RETRY_AFTER_SECONDS = 30;

/**
 * All that writes sums goes through here: uploads are added in memory and wait in the journal until
 * the rows are written. Each method first reads a journal that could not be read before, and fails
 * with HttpError 503 while it cannot be read: it holds acknowledged uploads.
 */
export interface SumWriter {
  /**
   * Adds the uploads that `choose` returns, in one transaction with what it writes itself. A late
   * profile keeps its hour until maintain() moves it to its day or week: merging it here under a
   * wrong clock could not be undone.
   */
  add(choose: () => readonly Upload[]): void;
  /** Writes all sums to their rows and empties the journal. Call before reading rows. */
  flush(): void;
  /** Changes rows of sums in a transaction. They have all uploads then. */
  changeRows(change: () => void): void;
  /** Reads the journal, if that has failed or was not done yet. */
  ensureReplayed(): void;
}

export function createSumWriter(file: SqliteFile): SumWriter {
  const { driver, path } = file;
  const pending = createPendingSums(file.rows);
  const insertJournal = driver.prepare('INSERT INTO journal (records) VALUES (?)');
  /**
   * False while the sums in memory may lack a part of the journal. Nothing may then be added to
   * them, and the journal must not be emptied.
   */
  let isReplayed = false;

  function addAll(batches: readonly Pick<Upload, 'profiles'>[]): void {
    for (const { profiles } of batches) for (const profile of profiles) pending.add(profile);
  }

  function writeRows(): void {
    pending.write();
    driver.exec('DELETE FROM journal');
  }

  function add(choose: () => readonly Upload[]): void {
    ensureReplayed();
    let writes = false;
    try {
      inTransaction(file, () => {
        const uploads = choose();
        addAll(uploads);
        const records = uploads.flatMap(({ record }) => (record ? [record] : []));
        // An upload without its original bytes cannot be journaled, so write the sums at once.
        writes = records.length < uploads.length || pending.isDue();
        if (writes) writeRows();
        else if (records.length > 0) insertJournal.run([packRecords(records)]);
      });
    } catch (error) {
      // The sums in memory may have uploads that were not committed.
      replay();
      throw error;
    }
    if (writes) pending.settle();
  }

  function flush(): void {
    ensureReplayed();
    if (pending.isEmpty()) return;
    inTransaction(file, writeRows);
    pending.settle();
  }

  function changeRows(change: () => void): void {
    flush();
    pending.clearCache();
    inTransaction(file, change);
  }

  function ensureReplayed(): void {
    if (!isReplayed) replay();
  }

  /**
   * Makes the sums in memory anew from the rows and the journal, then empties the journal. A journal
   * that was kept would be read again for each upload that cannot be added.
   */
  function replay(): void {
    isReplayed = false;
    pending.clear();
    let place = 'its rows';
    try {
      for (const row of driver.prepare('SELECT id, records FROM journal ORDER BY id').all([])) {
        place = `row ${String(row['id'])}`;
        addAll(unpackRecords(blobOf(row['records'])));
      }
    } catch (error) {
      throw unreadable(path, place, error);
    }
    isReplayed = true;
    flush();
  }

  return { add, flush, changeRows, ensureReplayed };
}

function unreadable(path: string, place: string, error: unknown): HttpError {
  const cause = new Error(
    `The journal of ${path} cannot be read (${place}): ${messageOf(error)}. It holds uploads that ` +
      'were acknowledged; the collector takes none until it can read them.',
    { cause: error },
  );
  return new HttpError(
    503,
    'UNAVAILABLE',
    'The store cannot read its journal; try again later.',
    RETRY_AFTER_SECONDS,
    { cause },
  );
}
