import type { Losses } from '@perigee/profile';
import type { Upload } from '../store.ts';
import type { Driver } from './driver.ts';
import { packRecords } from './journal.ts';
import {
  addBatches,
  addInTransaction,
  forgetPending,
  isFlushDue,
  writePending,
} from './pending-sums.ts';
import type { SqliteFile } from './sqlite-file.ts';

const HOUR_MS = 3_600_000;

/** @see CollectorStore.commit */
export type Commit = (uploads: readonly Upload[]) => boolean[];

/**
 * Returns the function that commits uploads. In one transaction it notes their ids, adds their
 * losses, and either appends them to the journal or writes the sums.
 */
export function createCommit(file: SqliteFile): Commit {
  const { driver } = file;
  const insertIds = createInsertIds(driver);
  const addLosses = createAddLosses(driver);
  const insertJournal = driver.prepare('INSERT INTO journal (records) VALUES (?)');

  return (uploads) => {
    const nowHour = Math.floor(Date.now() / HOUR_MS);
    let flushes = false;
    const isNew = addInTransaction(file, () => {
      const inserted = insertIds(uploads, nowHour);
      // A batch that is twice in this commit is new only once.
      const flags = uploads.map(({ batchId }) => inserted.delete(batchId));
      const fresh = uploads.filter((_, i) => flags[i]);
      addBatches(file, fresh);
      for (const { lost } of fresh) addLosses(lost, nowHour);
      const records = fresh.flatMap(({ record }) => (record ? [record] : []));
      // An upload without its original bytes cannot be journaled, so write the sums at once.
      flushes = records.length < fresh.length || isFlushDue(file.pending);
      if (flushes) writePending(file);
      else if (records.length > 0) insertJournal.run([packRecords(records)]);
      return flags;
    });
    if (flushes) forgetPending(file);
    return isNew;
  };
}

/** The returned function inserts the ids of batches and returns those that were not there. */
function createInsertIds(
  driver: Driver,
): (uploads: readonly Upload[], nowHour: number) => Set<string> {
  const insert = driver.prepare(
    'INSERT OR IGNORE INTO batches (batch_id, received_hour) SELECT value, ? FROM ' +
      'json_each(?) RETURNING batch_id',
  );
  return (uploads, nowHour) => {
    const ids = JSON.stringify(uploads.map(({ batchId }) => batchId));
    return new Set(insert.all([nowHour, ids]).map((row) => String(row['batch_id'])));
  };
}

function createAddLosses(driver: Driver): (lost: Losses, nowHour: number) => void {
  const add = driver.prepare(
    'INSERT INTO losses (hour, reason, count) VALUES (?, ?, ?) ON CONFLICT (hour, reason) DO ' +
      'UPDATE SET count = count + excluded.count',
  );
  return (lost, nowHour) => {
    for (const [reason, count] of Object.entries(lost)) add.run([nowHour, reason, count]);
  };
}
