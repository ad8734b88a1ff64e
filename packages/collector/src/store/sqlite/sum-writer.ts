import { setImmediate } from 'node:timers/promises';
import { HttpError } from '../../http/http-error.ts';
import { messageOf } from '../../message-of.ts';
import type { Upload } from '../store.ts';
import { blobOf } from './driver.ts';
import { packRecords, unpackRecords } from './journal.ts';
import { ALL_SHARDS, createPendingSums, shardOf } from './pending-sums.ts';
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
  /**
   * Does the same in several transactions. Between two of them, uploads and answers have their turn.
   */
  settle(): Promise<void>;
  /** Changes rows of sums in a transaction. They have all uploads then. */
  changeRows(change: () => void): void;
  /** Reads the journal, if that has failed or was not done yet. */
  ensureReplayed(): void;
}

export function createSumWriter(file: SqliteFile): SumWriter {
  const { driver, path } = file;
  const pending = createPendingSums(file.rows);
  const insertJournal = driver.prepare('INSERT INTO journal (records, shard) VALUES (?, ?)');
  const deleteJournal = driver.prepare('DELETE FROM journal WHERE shard = ?');
  /**
   * False while the sums in memory may lack a part of the journal. Nothing may then be added to
   * them, and the journal must not be emptied.
   */
  let isReplayed = false;

  function addAll(batches: readonly Pick<Upload, 'profiles'>[]): void {
    for (const { profiles } of batches) for (const profile of profiles) pending.add(profile);
  }

  function writeRows(shards: readonly number[]): void {
    pending.write(shards);
    if (shards === ALL_SHARDS) driver.exec('DELETE FROM journal');
    else for (const shard of shards) deleteJournal.run([shard]);
  }

  function add(choose: () => readonly Upload[]): void {
    ensureReplayed();
    let written: readonly number[] = [];
    try {
      inTransaction(file, () => {
        const uploads = choose();
        addAll(uploads);
        const records = recordsByShard(uploads);
        // Uploads that cannot be journaled are written at once.
        written = records === null ? ALL_SHARDS : pending.due();
        if (written.length > 0) writeRows(written);
        for (const [shard, ofShard] of records ?? [])
          if (!written.includes(shard)) insertJournal.run([packRecords(ofShard), shard]);
      });
    } catch (error) {
      // The sums in memory may have uploads that were not committed.
      replay();
      throw error;
    }
    pending.settle(written);
  }

  function flush(): void {
    ensureReplayed();
    if (pending.isEmpty()) return;
    inTransaction(file, () => writeRows(ALL_SHARDS));
    pending.settle(ALL_SHARDS);
  }

  async function settle(): Promise<void> {
    ensureReplayed();
    let left = pending.filled();
    while (left.length > 0) {
      const shards = pending.together(left);
      inTransaction(file, () => writeRows(shards));
      pending.settle(shards);
      await setImmediate();
      // Meanwhile a commit may have failed, or have written some of these.
      ensureReplayed();
      const filled = pending.filled();
      left = left.filter((shard) => !shards.includes(shard) && filled.includes(shard));
    }
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

  return { add, flush, settle, changeRows, ensureReplayed };
}

/**
 * The bytes of uploads by shard. Null if one of them has no original bytes, or profiles of several
 * shards: only the collector itself makes such batches.
 */
function recordsByShard(uploads: readonly Upload[]): Map<number, Uint8Array[]> | null {
  const records = new Map<number, Uint8Array[]>();
  for (const { record, profiles } of uploads) {
    const [shard = 0, ...others] = new Set(profiles.map(shardOf));
    if (!record || others.length > 0) return null;
    const ofShard = records.get(shard);
    if (ofShard) ofShard.push(record);
    else records.set(shard, [record]);
  }
  return records;
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
