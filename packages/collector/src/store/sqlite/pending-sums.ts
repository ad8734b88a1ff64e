import { binCount, keyText } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';
import { HttpError } from '../../http/http-error.ts';
import { messageOf } from '../../message-of.ts';
import type { Upload } from '../store.ts';
import { blobOf } from './driver.ts';
import { unpackRecords } from './journal.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { inTransaction } from './transaction.ts';
import type { StoredSum } from './sum-rows.ts';

/**
 * How long uploads stay in the journal before they are added to the rows. Each row is then written
 * once per interval instead of once per commit.
 */
const FLUSH_MS = 2_000;
/**
 * Limit of counts waiting in memory: 32 MiB. It also bounds what must be read again after a crash.
 */
const MAX_BINS = 2 ** 22;
const MAX_PROFILES = 20_000;
const RETRY_AFTER_SECONDS = 30;

interface PendingSum extends StoredSum {
  /** Number of counts of the profile. */
  readonly bins: number;
}

/** Sums that include the uploads in the journal. Their rows do not include these uploads yet. */
export interface PendingSums {
  readonly byKey: Map<string, PendingSum>;
  /** Approximate number of counts in the sums. */
  bins: number;
  /** Number of profiles in the journal. */
  profiles: number;
  flushedAtMs: number;
  /**
   * False while the sums may lack a part of the journal. Nothing may then be added to them, and the
   * journal must not be emptied.
   */
  isReplayed: boolean;
}

export function createPendingSums(): PendingSums {
  return { byKey: new Map(), bins: 0, profiles: 0, flushedAtMs: Date.now(), isReplayed: false };
}

/**
 * Adds batches in memory. A late profile keeps its hour until maintain() moves it to its day or
 * week: merging it here under a wrong clock could not be undone.
 */
export function addBatches(file: SqliteFile, batches: readonly Pick<Upload, 'profiles'>[]): void {
  for (const { profiles } of batches) {
    for (const profile of profiles) addProfile(file, profile);
    file.pending.profiles += profiles.length;
  }
}

function addProfile({ pending, cache, rows }: SqliteFile, profile: Profile): void {
  const key = keyText(profile.key);
  const known = pending.byKey.get(key);
  const sum = known ?? cache.get(key) ?? rows.read(profile.key);
  const added = sum ? addInto(sum.profile, profile) : ownCopy(profile);
  const bins = binCount(added);
  pending.byKey.set(key, { profile: added, profiles: (sum?.profiles ?? 0) + 1, bins });
  // A sum grows when an upload has error codes or cells of the confusion matrix that are new to it.
  pending.bins += bins - (known?.bins ?? 0);
}

export function isFlushDue({ bins, profiles, flushedAtMs }: PendingSums): boolean {
  return bins > MAX_BINS || profiles > MAX_PROFILES || Date.now() - flushedAtMs > FLUSH_MS;
}

/** Writes all pending sums to their rows and empties the journal. Call before reading rows. */
export function flush(file: SqliteFile): void {
  ensureReplayed(file);
  if (file.pending.byKey.size === 0) return;
  inTransaction(file, () => writePending(file));
  forgetPending(file);
}

/** Writes the rows and empties the journal. Call within a transaction. */
export function writePending({ pending, rows, driver }: SqliteFile): void {
  for (const sum of pending.byKey.values()) rows.write(sum);
  driver.exec('DELETE FROM journal');
}

/** Call after the transaction of writePending() has committed. */
export function forgetPending({ pending, cache }: SqliteFile): void {
  for (const [key, sum] of pending.byKey) cache.set(key, sum);
  pending.byKey.clear();
  [pending.bins, pending.profiles, pending.flushedAtMs] = [0, 0, Date.now()];
}

/**
 * Runs a transaction that adds to the sums in memory. If it fails, the sums may contain data that
 * was not committed, so they are read again from the rows and the journal.
 */
export function addInTransaction<T>(file: SqliteFile, work: () => T): T {
  ensureReplayed(file);
  try {
    return inTransaction(file, work);
  } catch (error) {
    replayJournal(file);
    throw error;
  }
}

export function ensureReplayed(file: SqliteFile): void {
  if (!file.pending.isReplayed) replayJournal(file);
}

/**
 * Restores the sums in memory from the rows and the journal, then empties the journal. A journal
 * that was kept would be read again for each upload that cannot be added.
 * @throws HttpError 503 if the journal cannot be read. It holds acknowledged uploads, so the store
 * accepts none until then.
 */
export function replayJournal(file: SqliteFile): void {
  const { pending, cache, driver, path } = file;
  pending.isReplayed = false;
  cache.clear();
  pending.byKey.clear();
  [pending.bins, pending.profiles] = [0, 0];
  let place = 'its rows';
  try {
    for (const row of driver.prepare('SELECT id, records FROM journal ORDER BY id').all([])) {
      place = `row ${String(row['id'])}`;
      addBatches(file, unpackRecords(blobOf(row['records'])));
    }
  } catch (error) {
    throw unreadable(path, place, error);
  }
  pending.isReplayed = true;
  flush(file);
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
