import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeProfile, encodeProfile, keyText } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';
import { Refusal } from '../../refusal.ts';
import { cellsOf } from '../cells.ts';
import { RETENTION, rolledHour } from '../store.ts';
import type { CollectorStore, Upload } from '../store.ts';
import { blobOf, isSqliteError, openDriver } from './driver.ts';
import type { Driver } from './driver.ts';
import { packRecords, unpackRecords } from './journal.ts';
import { count, createReading } from './reading.ts';
import { takeFile } from './owner.ts';
import { createSchema } from './schema.ts';
import { createSumCache } from './sum-cache.ts';
import type { CachedSum } from './sum-cache.ts';
import { COUNT_COLUMNS, countsOf } from '../totals.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** How long uploads stay in the journal before they are in the rows of their keys: one write a key and interval, not one a commit. */
const FOLD_MS = 2_000;
/** Counts that may wait for it: 32 MiB; and how much there is to read again after a crash. */
const MAX_UNFOLDED_CELLS = 2 ** 22;
const MAX_JOURNALED = 20_000;
const RETRY_AFTER_SECONDS = 30;
const KEY = ['model', 'version', 'hour', 'reference', 'backend', 'browser', 'segment', 'sampling', 'privacy', 'grp'] as const;

/**
 * The embedded store: one file, one writer, sums kept as one encoded profile a key with the plain totals beside it. What is committed stands in
 * a journal first, as it came, and is added up in memory; before anything is read, and every other second, the sums are written and the journal
 * is emptied in one transaction. A crash in between leaves the journal, which is read at the next start.
 */
export function openSqliteStore(path: string, prefer?: Driver['name']): CollectorStore {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const giveUp = path === ':memory:' ? () => undefined : takeFile(path, prefer);
  const driver = openedOr(giveUp, () => openDriver(path, prefer));
  openedOr(giveUp, () => createSchema(driver));
  const cache = createSumCache();
  const where = KEY.map((column) => `${column} = ?`).join(' AND ');
  const columns = [...KEY, 'profiles', ...COUNT_COLUMNS, 'profile'];
  const insertBatches = driver.prepare('INSERT OR IGNORE INTO batches (batch_id, received_hour) SELECT value, ? FROM json_each(?) RETURNING batch_id');
  const insertJournal = driver.prepare('INSERT INTO journal (records) VALUES (?)');
  const selectOne = driver.prepare(`SELECT profile, profiles FROM sums WHERE ${where}`);
  const upsert = driver.prepare(`INSERT OR REPLACE INTO sums (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
  const deleteOne = driver.prepare(`DELETE FROM sums WHERE ${where}`);
  const addLoss = driver.prepare('INSERT INTO losses (hour, reason, count) VALUES (?, ?, ?) ON CONFLICT (hour, reason) DO UPDATE SET count = count + excluded.count');
  const putDocument = driver.prepare('INSERT OR REPLACE INTO documents (kind, id, at_ms, body) VALUES (?, ?, ?, ?)');
  const reading = createReading(driver);

  /** Sums that are ahead of their rows by what the journal holds. */
  const unfolded = new Map<string, CachedSum>();
  let unfoldedCells = 0;
  let journaled = 0;
  let foldedAtMs = Date.now();
  /** False while the sums in memory may lack a part of the journal: nothing may be added to them, nor the journal emptied for them. */
  let isWhole = false;
  /** Whether the last write failed: a full disk, mostly. */
  let isFailing = false;

  /** @throws Refusal 503 for what SQLite says: no upload of those that came together is to blame for it */
  function inTransaction<T>(work: () => T): T {
    try {
      driver.exec('BEGIN IMMEDIATE');
      const result = work();
      driver.exec('COMMIT');
      isFailing = false;
      return result;
    } catch (error) {
      try {
        driver.exec('ROLLBACK');
      } catch {
        // Nothing was begun, or on a full or failing disk SQLite has rolled back by itself; what went wrong is the error to tell.
      }
      isFailing ||= isSqliteError(error);
      throw isSqliteError(error) ? new Refusal(503, 'UNAVAILABLE', 'The store could not write; try again later.', RETRY_AFTER_SECONDS, { cause: error }) : error;
    }
  }

  /** The same for work that adds to the sums in memory, which may have taken a part of what did not happen. */
  function adding<T>(work: () => T): T {
    makeWhole();
    try {
      return inTransaction(work);
    } catch (error) {
      recall();
      throw error;
    }
  }

  /** Sums as the rows and the journal have them. @throws Refusal 503 when the journal cannot be read: what it holds was acknowledged, so nothing is taken before it was */
  function recall(): void {
    isWhole = false;
    cache.clear();
    unfolded.clear();
    [unfoldedCells, journaled] = [0, 0];
    let reading = 'its rows';
    try {
      for (const row of driver.prepare('SELECT id, records FROM journal ORDER BY id').all([])) {
        reading = `row ${String(row['id'])}`;
        addAll(unpackRecords(blobOf(row['records'])));
      }
    } catch (error) {
      const cause = new Error(`The journal of ${path} cannot be read (${reading}): ${error instanceof Error ? error.message : String(error)}. It holds uploads that were acknowledged; the collector takes none until it can read them.`, { cause: error });
      throw new Refusal(503, 'UNAVAILABLE', 'The store cannot read what it took before; try again later.', RETRY_AFTER_SECONDS, { cause });
    }
    isWhole = true;
    // Else whoever sends what cannot be added has the whole journal read again each time.
    settle();
  }

  function makeWhole(): void {
    if (!isWhole) recall();
  }

  function stored(key: ProfileKey): CachedSum | undefined {
    const [row] = selectOne.all(keyValues(key));
    return row && { profile: ownCopy(decodeProfile(blobOf(row['profile']))), profiles: count(row['profiles']) };
  }

  function write(profile: Profile, profiles: number): void {
    upsert.run([...keyValues(profile.key), profiles, ...countsOf(profile), encodeProfile(profile)]);
  }

  /** What comes late stays under its hour until it is moved to its day or week: a wrong clock must not add up what cannot be taken apart. */
  function addAll(batches: readonly Pick<Upload, 'profiles'>[]): void {
    for (const { profiles } of batches) {
      for (const profile of profiles) {
        const { key } = profile;
        const text = keyText(key);
        const known = unfolded.get(text);
        const sum = known ?? cache.get(text) ?? stored(key);
        const added = sum ? { profile: addInto(sum.profile, profile), profiles: sum.profiles + 1 } : { profile: ownCopy(profile), profiles: 1 };
        unfolded.set(text, added);
        if (!known) unfoldedCells += cellsOf(added.profile);
      }
      journaled += profiles.length;
    }
  }

  /** In a transaction. */
  function writeUnfolded(): void {
    for (const { profile, profiles } of unfolded.values()) write(profile, profiles);
    driver.exec('DELETE FROM journal');
  }

  /** After it. */
  function forgetUnfolded(): void {
    for (const [text, sum] of unfolded) cache.set(text, sum);
    unfolded.clear();
    [unfoldedCells, journaled, foldedAtMs] = [0, 0, Date.now()];
  }

  /** Before anything is read from the rows. */
  function settle(): void {
    makeWhole();
    if (unfolded.size === 0) return;
    inTransaction(writeUnfolded);
    forgetUnfolded();
  }

  try {
    recall();
  } catch (error) {
    driver.close();
    giveUp();
    // Who starts a collector is told what is wrong, not to come again.
    throw error instanceof Refusal ? error.cause : error;
  }

  return {
    async commit(uploads) {
      const nowHour = Math.floor(Date.now() / HOUR_MS);
      let folds = false;
      const isNew = adding(() => {
        const inserted = new Set(insertBatches.all([nowHour, JSON.stringify(uploads.map(({ batchId }) => batchId))]).map((row) => String(row['batch_id'])));
        const flags = uploads.map(({ batchId }) => inserted.delete(batchId));
        const fresh = uploads.filter((_, i) => flags[i]);
        addAll(fresh);
        for (const { lost } of fresh) for (const [reason, lostCount] of Object.entries(lost)) addLoss.run([nowHour, reason, lostCount]);
        const records = fresh.flatMap(({ record }) => (record ? [record] : []));
        // What has no bytes as they came cannot be journaled.
        folds = records.length < fresh.length || unfoldedCells > MAX_UNFOLDED_CELLS || journaled > MAX_JOURNALED || Date.now() - foldedAtMs > FOLD_MS;
        if (folds) writeUnfolded();
        else if (records.length > 0) insertJournal.run([packRecords(records)]);
        return flags;
      });
      if (folds) forgetUnfolded();
      return isNew;
    },

    async totals() {
      settle();
      return reading.totals();
    },

    async timeline(query) {
      settle();
      return reading.timeline(query);
    },

    async sums(query, by) {
      settle();
      return reading.sums(query, by);
    },

    losses: reading.losses,
    list: reading.list,

    async put(kind, id, body, atMs) {
      inTransaction(() => putDocument.run([kind, id, atMs, JSON.stringify(body)]));
    },

    async settle() {
      settle();
    },

    async maintain(nowMs, retention = RETENTION) {
      settle();
      const nowHour = Math.floor(nowMs / HOUR_MS);
      const oldest = nowHour - retention.keepDays * DAY_HOURS;
      inTransaction(() => {
        driver.prepare('DELETE FROM sums WHERE hour < ?').run([oldest]);
        driver.prepare('DELETE FROM losses WHERE hour < ?').run([oldest]);
        driver.prepare('DELETE FROM batches WHERE received_hour < ?').run([nowHour - retention.batchIdDays * DAY_HOURS]);
      });
      cache.clear();
      const moves = (hour: number): boolean => rolledHour(hour, nowHour, retention) !== hour;
      const hours = driver.prepare('SELECT DISTINCT hour FROM sums WHERE hour < ? ORDER BY hour').all([nowHour - retention.hourDays * DAY_HOURS]).map((row) => count(row['hour'])).filter(moves);
      for (const hour of hours) {
        // Uploads wait for one hour at most; what they have added meanwhile is settled, so that all of it moves.
        await nextTurn();
        settle();
        cache.clear();
        inTransaction(() => rollUp(hour, rolledHour(hour, nowHour, retention)));
      }
    },

    async check() {
      makeWhole();
      // Whether it still fails is seen by trying: whoever sends may have gone elsewhere.
      if (isFailing) inTransaction(() => putDocument.run(['health', 'write', Date.now(), 'null']));
    },

    async close() {
      try {
        settle();
        driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        driver.close();
        giveUp();
      }
    },
  };

  function rollUp(hour: number, into: number): void {
    for (const row of driver.prepare('SELECT profile, profiles FROM sums WHERE hour = ?').all([hour])) {
      const profile = decodeProfile(blobOf(row['profile']));
      const key = { ...profile.key, hour: into };
      const sum = stored(key);
      write(sum ? addInto(sum.profile, profile) : { ...profile, key }, (sum?.profiles ?? 0) + count(row['profiles']));
      deleteOne.run(keyValues(profile.key));
    }
  }
}

/** What cannot be opened is not kept from others. */
function openedOr<T>(giveUp: () => void, open: () => T): T {
  try {
    return open();
  } catch (error) {
    giveUp();
    throw error;
  }
}

function keyValues({ model, version, hour, reference, backend, browser, segment, sampling, privacy, group }: ProfileKey): (string | number)[] {
  return [model, version, hour, reference, backend, browser, segment, sampling, privacy, group];
}
