import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { binCount, decodeProfile, encodeProfile, keyText } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';
import { Refusal } from '../../http/refusal.ts';
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
/**
 * How long uploads stay in the journal before they are added to the rows. Each row is then written
 * once per interval instead of once per commit.
 */
const FOLD_MS = 2_000;
/**
 * Limit of counts waiting in memory: 32 MiB. It also bounds what must be read again after a crash.
 */
const MAX_UNFOLDED_CELLS = 2 ** 22;
const MAX_JOURNALED = 20_000;
const RETRY_AFTER_SECONDS = 30;
const KEY = [
  'model',
  'version',
  'hour',
  'reference',
  'backend',
  'browser',
  'segment',
  'sampling',
  'privacy',
  'grp',
] as const;

/**
 * The embedded store: one file and one writer. Each key has one sum, as an encoded profile with
 * plain totals beside it. A commit appends the batches as received to a journal and adds them up in
 * memory. Every 2 s, and before each read, one transaction writes the sums and empties the journal.
 * After a crash, the next start reads the journal.
 */
export function openSqliteStore(path: string, prefer?: Driver['name']): CollectorStore {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const giveUp = path === ':memory:' ? () => undefined : takeFile(path, prefer);
  const driver = openedOr(giveUp, () => openDriver(path, prefer));
  openedOr(giveUp, () => createSchema(driver));
  const cache = createSumCache();
  const where = KEY.map((column) => `${column} = ?`).join(' AND ');
  const columns = [...KEY, 'profiles', ...COUNT_COLUMNS, 'profile'];
  const insertBatches = driver.prepare(
    'INSERT OR IGNORE INTO batches (batch_id, received_hour) SELECT value, ? FROM ' +
      'json_each(?) RETURNING batch_id',
  );
  const insertJournal = driver.prepare('INSERT INTO journal (records) VALUES (?)');
  const selectOne = driver.prepare(`SELECT profile, profiles FROM sums WHERE ${where}`);
  const upsert = driver.prepare(
    `INSERT OR REPLACE INTO sums (${columns.join(', ')}) VALUES ` +
      `(${columns.map(() => '?').join(', ')})`,
  );
  const deleteOne = driver.prepare(`DELETE FROM sums WHERE ${where}`);
  const addLoss = driver.prepare(
    'INSERT INTO losses (hour, reason, count) VALUES (?, ?, ?) ON CONFLICT (hour, reason) DO ' +
      'UPDATE SET count = count + excluded.count',
  );
  const putDocument = driver.prepare(
    'INSERT OR REPLACE INTO documents (kind, id, at_ms, body) VALUES (?, ?, ?, ?)',
  );
  const reading = createReading(driver);

  /** Sums in memory that include the journal; their rows do not yet. */
  const unfolded = new Map<string, CachedSum>();
  let unfoldedCells = 0;
  let journaled = 0;
  let foldedAtMs = Date.now();
  /**
   * False while the sums in memory may lack a part of the journal. Nothing may then be added to
   * them, and the journal must not be emptied.
   */
  let isWhole = false;
  /** True if the last write failed, usually because the disk is full. */
  let isFailing = false;

  /** @throws Refusal 503 for an error of SQLite, which no single upload of the group caused */
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
        // No transaction was open: BEGIN failed, or SQLite rolled back by itself on a full or
        // failing disk. Report the original error.
      }
      isFailing ||= isSqliteError(error);
      throw isSqliteError(error)
        ? new Refusal(
            503,
            'UNAVAILABLE',
            'The store could not write; try again later.',
            RETRY_AFTER_SECONDS,
            { cause: error },
          )
        : error;
    }
  }

  /**
   * Runs work that adds to the sums in memory. After a failure the sums may contain uncommitted
   * data, so they are read again.
   */
  function adding<T>(work: () => T): T {
    makeWhole();
    try {
      return inTransaction(work);
    } catch (error) {
      recall();
      throw error;
    }
  }

  /**
   * Restores the sums in memory from the rows and the journal.
   * @throws Refusal 503 if the journal cannot be read. It holds acknowledged uploads, so the store
   * accepts none until then.
   */
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
      const cause = new Error(
        `The journal of ${path} cannot be read (${reading}): ` +
          `${error instanceof Error ? error.message : String(error)}. It holds uploads that ` +
          'were acknowledged; the collector takes none until it can read them.',
        { cause: error },
      );
      throw new Refusal(
        503,
        'UNAVAILABLE',
        'The store cannot read what it took before; try again later.',
        RETRY_AFTER_SECONDS,
        { cause },
      );
    }
    isWhole = true;
    // Empty the journal. Otherwise each upload that cannot be added would cause another full read
    // of it.
    settle();
  }

  function makeWhole(): void {
    if (!isWhole) recall();
  }

  function stored(key: ProfileKey): CachedSum | undefined {
    const [row] = selectOne.all(keyValues(key));
    return (
      row && {
        profile: ownCopy(decodeProfile(blobOf(row['profile']))),
        profiles: count(row['profiles']),
      }
    );
  }

  function write(profile: Profile, profiles: number): void {
    upsert.run([...keyValues(profile.key), profiles, ...countsOf(profile), encodeProfile(profile)]);
  }

  /**
   * A late profile keeps its hour until maintain() moves it to its day or week. Merging it here
   * under a wrong clock could not be undone.
   */
  function addAll(batches: readonly Pick<Upload, 'profiles'>[]): void {
    for (const { profiles } of batches) {
      for (const profile of profiles) {
        const { key } = profile;
        const text = keyText(key);
        const known = unfolded.get(text);
        const sum = known ?? cache.get(text) ?? stored(key);
        const added = sum
          ? { profile: addInto(sum.profile, profile), profiles: sum.profiles + 1 }
          : { profile: ownCopy(profile), profiles: 1 };
        unfolded.set(text, added);
        if (!known) unfoldedCells += binCount(added.profile);
      }
      journaled += profiles.length;
    }
  }

  /** Call within a transaction. */
  function writeUnfolded(): void {
    for (const { profile, profiles } of unfolded.values()) write(profile, profiles);
    driver.exec('DELETE FROM journal');
  }

  /** Call after the transaction of writeUnfolded() has committed. */
  function forgetUnfolded(): void {
    for (const [text, sum] of unfolded) cache.set(text, sum);
    unfolded.clear();
    [unfoldedCells, journaled, foldedAtMs] = [0, 0, Date.now()];
  }

  /** Writes all sums in memory to their rows. Call before reading rows. */
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
    // At startup, report the cause, not the "try again later" meant for devices.
    throw error instanceof Refusal ? error.cause : error;
  }

  return {
    async commit(uploads) {
      const nowHour = Math.floor(Date.now() / HOUR_MS);
      let folds = false;
      const isNew = adding(() => {
        const inserted = new Set(
          insertBatches
            .all([nowHour, JSON.stringify(uploads.map(({ batchId }) => batchId))])
            .map((row) => String(row['batch_id'])),
        );
        const flags = uploads.map(({ batchId }) => inserted.delete(batchId));
        const fresh = uploads.filter((_, i) => flags[i]);
        addAll(fresh);
        for (const { lost } of fresh)
          for (const [reason, lostCount] of Object.entries(lost))
            addLoss.run([nowHour, reason, lostCount]);
        const records = fresh.flatMap(({ record }) => (record ? [record] : []));
        // An upload without its original bytes cannot be journaled, so write the sums at once.
        folds =
          records.length < fresh.length ||
          unfoldedCells > MAX_UNFOLDED_CELLS ||
          journaled > MAX_JOURNALED ||
          Date.now() - foldedAtMs > FOLD_MS;
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
        driver
          .prepare('DELETE FROM batches WHERE received_hour < ?')
          .run([nowHour - retention.batchIdDays * DAY_HOURS]);
      });
      cache.clear();
      const moves = (hour: number): boolean => rolledHour(hour, nowHour, retention) !== hour;
      const hours = driver
        .prepare('SELECT DISTINCT hour FROM sums WHERE hour < ? ORDER BY hour')
        .all([nowHour - retention.hourDays * DAY_HOURS])
        .map((row) => count(row['hour']))
        .filter(moves);
      for (const hour of hours) {
        // Let uploads run between hours, then settle what they added, so that all of an hour moves.
        await nextTurn();
        settle();
        cache.clear();
        inTransaction(() => rollUp(hour, rolledHour(hour, nowHour, retention)));
      }
    },

    async check() {
      makeWhole();
      // Try a write: while the check fails, uploads may be routed elsewhere, so none would clear
      // the flag.
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
    for (const row of driver
      .prepare('SELECT profile, profiles FROM sums WHERE hour = ?')
      .all([hour])) {
      const profile = decodeProfile(blobOf(row['profile']));
      const key = { ...profile.key, hour: into };
      const sum = stored(key);
      write(
        sum ? addInto(sum.profile, profile) : { ...profile, key },
        (sum?.profiles ?? 0) + count(row['profiles']),
      );
      deleteOne.run(keyValues(profile.key));
    }
  }
}

/** Releases the lock if opening fails. */
function openedOr<T>(giveUp: () => void, open: () => T): T {
  try {
    return open();
  } catch (error) {
    giveUp();
    throw error;
  }
}

function keyValues({
  model,
  version,
  hour,
  reference,
  backend,
  browser,
  segment,
  sampling,
  privacy,
  group,
}: ProfileKey): (string | number)[] {
  return [model, version, hour, reference, backend, browser, segment, sampling, privacy, group];
}
