import { decodeProfile, encodeProfile } from '@perigee/profile';
import { ADDED_COLUMNS, PLAIN_COLUMNS, plainCountsOf } from './columns.ts';
import { blobOf } from './driver.ts';
import type { Driver } from './driver.ts';

/** The columns of plain counts that each schema added. */
const ADDED_IN = new Map<number, readonly (typeof PLAIN_COLUMNS)[number][]>([
  [4, ['devices', 'failedDevices']],
  [5, ADDED_COLUMNS],
]);
/** Rows per step, which bounds the histograms in memory. */
const ROWS = 1_000;

/**
 * Adds the columns of later schemas, and converts stored profiles to the current format. Schema 4
 * has device-hours, and device-hours with a failed session. Before that, each upload counted as a
 * device-hour; which uploads came from one device is no longer known, so old counts keep their
 * values. Schema 5 has the counts by which versions are compared, and the shard of each entry of the
 * journal.
 */
export function addColumns(driver: Driver, found: number, version: number): void {
  driver.exec('BEGIN IMMEDIATE');
  try {
    change(driver, found);
    driver.exec(`PRAGMA user_version = ${version}; COMMIT;`);
  } catch (cause) {
    driver.exec('ROLLBACK');
    throw new Error(
      'The counts of an earlier version could not be migrated; nothing was changed.',
      { cause },
    );
  }
}

function change(driver: Driver, found: number): void {
  // Entries without a shard are read at the next start, and then deleted together.
  const hasJournal = driver.prepare("SELECT 1 FROM sqlite_master WHERE name = 'journal'").all([]);
  if (hasJournal.length > 0) driver.exec('ALTER TABLE journal ADD COLUMN shard INTEGER');
  const added = [...ADDED_IN].flatMap(([schema, columns]) => (schema > found ? columns : []));
  driver.exec('DROP INDEX IF EXISTS sums_totals');
  for (const column of added)
    driver.exec(`ALTER TABLE sums ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
  const select = driver.prepare(
    `SELECT rowid id, profile FROM sums WHERE rowid > ? ORDER BY rowid LIMIT ${ROWS}`,
  );
  const update = driver.prepare(
    `UPDATE sums SET ${added.map((column) => `${column} = ?`).join(', ')}, profile = ? WHERE ` +
      'rowid = ?',
  );
  const at = added.map((column) => PLAIN_COLUMNS.indexOf(column));
  for (
    let rows = select.all([-1]);
    rows.length > 0;
    rows = select.all([Number(rows.at(-1)?.['id'])])
  ) {
    for (const row of rows) {
      const profile = decodeProfile(blobOf(row['profile']));
      const counts = plainCountsOf(profile);
      update.run([...at.map((i) => counts[i] ?? 0), encodeProfile(profile), Number(row['id'])]);
    }
  }
}
