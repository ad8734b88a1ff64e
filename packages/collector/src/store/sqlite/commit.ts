import type { Losses } from '@perigee/profile';
import type { Upload } from '../store.ts';
import type { Driver } from './driver.ts';
import type { SumWriter } from './sum-writer.ts';

const HOUR_MS = 3_600_000;

/** @see CollectorStore.commit */
export type Commit = (uploads: readonly Upload[]) => boolean[];

/**
 * Returns the function that commits uploads. In one transaction it notes their ids, and adds their
 * losses and their counts.
 */
export function createCommit(driver: Driver, sums: SumWriter): Commit {
  const insertIds = createInsertIds(driver);
  const addLosses = createAddLosses(driver);

  return (uploads) => {
    const nowHour = Math.floor(Date.now() / HOUR_MS);
    let isNew: boolean[] = [];
    sums.add(() => {
      const inserted = insertIds(uploads, nowHour);
      // A batch that is twice in this commit is new only once.
      isNew = uploads.map(({ batchId }) => inserted.delete(batchId));
      const fresh = uploads.filter((_, i) => isNew[i]);
      for (const { lost } of fresh) addLosses(lost, nowHour);
      return fresh;
    });
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
