import { HttpError } from '../../http/http-error.ts';
import { RETENTION } from '../store.ts';
import type { CollectorStore } from '../store.ts';
import { createCommit } from './commit.ts';
import type { Driver } from './driver.ts';
import { createReading } from './reading.ts';
import { maintain } from './roll-up.ts';
import { openSqliteFile } from './sqlite-file.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { createSumWriter } from './sum-writer.ts';
import type { SumWriter } from './sum-writer.ts';
import { inTransaction } from './transaction.ts';

/**
 * The embedded store: one file and one writer. Each key has one sum, as an encoded profile with
 * plain totals beside it. A commit appends the batches as received to a journal and adds them up in
 * memory. Each shard of the sums is written about every 2 s, with a commit, which also deletes the
 * shard's entries in the journal. Before each read, all of them are. After a crash, the next start
 * reads the journal.
 */
export function openSqliteStore(path: string, prefer?: Driver['name']): CollectorStore {
  const { file, sums } = openReplayed(path, prefer);
  const { driver } = file;
  const reading = createReading(driver);
  const commit = createCommit(driver, sums);
  const selectBatch = driver.prepare('SELECT 1 FROM batches WHERE batch_id = ?');
  const putDocument = driver.prepare(
    'INSERT OR REPLACE INTO documents (kind, id, at_ms, body) VALUES (?, ?, ?, ?)',
  );
  const put = (kind: string, id: string, body: unknown, atMs: number): void =>
    inTransaction(file, () => void putDocument.run([kind, id, atMs, JSON.stringify(body)]));

  return {
    isStored: async (batchId) => selectBatch.all([batchId]).length > 0,
    commit: async (uploads) => commit(uploads),
    put: async (kind, id, body, atMs) => put(kind, id, body, atMs),
    maintain: (nowMs, retention = RETENTION) => maintain(file, sums, nowMs, retention),
    settle: sums.settle,
    losses: reading.losses,
    find: reading.find,
    list: reading.list,

    async totals() {
      sums.flush();
      return reading.totals();
    },

    async versions() {
      sums.flush();
      return reading.versions();
    },
    async newestHour() {
      sums.flush();
      return reading.newestHour();
    },

    async timeline(query) {
      sums.flush();
      return reading.timeline(query);
    },

    async sums(query, by) {
      sums.flush();
      return reading.sums(query, by);
    },
    async predictions(query) {
      sums.flush();
      return reading.predictions(query);
    },
    async compared(query) {
      sums.flush();
      return reading.compared(query);
    },

    async check() {
      sums.ensureReplayed();
      // Try a write: while the check fails, uploads may be routed elsewhere, so none would clear
      // the flag.
      if (file.isFailing) put('health', 'write', null, Date.now());
    },

    async close() {
      try {
        sums.flush();
        driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        file.close();
      }
    },
  };
}

/** @throws Error like openSqliteFile, and for a journal that cannot be read */
function openReplayed(
  path: string,
  prefer: Driver['name'] | undefined,
): { readonly file: SqliteFile; readonly sums: SumWriter } {
  const file = openSqliteFile(path, prefer);
  try {
    const sums = createSumWriter(file);
    sums.ensureReplayed();
    return { file, sums };
  } catch (error) {
    file.close();
    // At startup, report the cause, not the "try again later" meant for devices.
    throw error instanceof HttpError ? error.cause : error;
  }
}
