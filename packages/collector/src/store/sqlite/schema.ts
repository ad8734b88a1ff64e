import type { Driver } from './driver.ts';
import { COUNT_COLUMNS } from '../totals.ts';
import { addColumns } from './add-columns.ts';
import { PLAIN_COLUMNS } from './columns.ts';

const VERSION = 5;

/**
 * Creates the tables. Totals over all time, and the counts by which versions are compared, are read
 * from covering indices, without the rows and their histograms.
 * @throws Error for a file written by a newer collector
 */
export function createSchema(driver: Driver): void {
  driver.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  const found = Number(driver.prepare('PRAGMA user_version').all([])[0]?.['user_version'] ?? 0);
  if (found > VERSION)
    throw new Error(
      `The collector's database has schema ${found}; this version reads up to ${VERSION}. ` +
        'Start the version that wrote it, or give another data folder.',
    );
  // Format 1 had no sessions and no browsers in its keys, so its sums cannot be converted. Rename
  // its table instead of deleting it.
  if (
    found === 0 &&
    driver.prepare("SELECT 1 FROM sqlite_master WHERE name = 'profiles'").all([]).length > 0
  )
    driver.exec('ALTER TABLE profiles RENAME TO profiles_format_1; DROP TABLE batches;');
  if (found > 0 && found < VERSION) addColumns(driver, found, VERSION);

  driver.exec(`
    CREATE TABLE IF NOT EXISTS batches (
      batch_id TEXT PRIMARY KEY, received_hour INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS batches_by_hour ON batches (received_hour);
    CREATE TABLE IF NOT EXISTS sums (
      model TEXT NOT NULL, version TEXT NOT NULL, hour INTEGER NOT NULL,
      reference TEXT NOT NULL, backend TEXT NOT NULL, browser TEXT NOT NULL,
      segment TEXT NOT NULL, sampling INTEGER NOT NULL, privacy INTEGER NOT NULL,
      grp INTEGER NOT NULL,
      profiles INTEGER NOT NULL, ${PLAIN_COLUMNS.map((column) => `${column} INTEGER NOT NULL`).join(', ')},
      profile BLOB NOT NULL,
      PRIMARY KEY (model, version, hour, reference, backend, browser, segment, sampling, privacy, grp)
    );
    CREATE INDEX IF NOT EXISTS sums_by_hour ON sums (model, hour);
    CREATE INDEX IF NOT EXISTS sums_totals ON sums (
      model, version, backend, browser, segment, sampling, hour, profiles,
      ${COUNT_COLUMNS.join(', ')}
    );
    CREATE INDEX IF NOT EXISTS sums_of_version ON sums (
      model, version, hour, grp, reference, sampling, privacy, backend, browser, segment, profiles,
      ${PLAIN_COLUMNS.join(', ')}
    );
    CREATE TABLE IF NOT EXISTS journal (
      id INTEGER PRIMARY KEY, records BLOB NOT NULL, shard INTEGER
    );
    CREATE TABLE IF NOT EXISTS losses (
      hour INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY (hour, reason)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS documents (
      kind TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (kind, id)
    );
    CREATE INDEX IF NOT EXISTS documents_by_time ON documents (kind, at_ms);
    PRAGMA user_version = ${VERSION};`);
}
