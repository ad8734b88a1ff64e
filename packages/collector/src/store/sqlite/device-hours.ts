import { decodeProfile, encodeProfile } from '@perigee/profile';
import { countsOf, COUNT_COLUMNS } from '../totals.ts';
import { blobOf } from './driver.ts';
import type { Driver } from './driver.ts';

const ADDED = ['devices', 'failedDevices'] as const;
/** Rows per step, which bounds the histograms in memory. */
const ROWS = 1_000;

/**
 * Schema 3 → 4: adds columns for device-hours and for device-hours with a failed session, and
 * converts stored profiles to the current format. Before that, each upload counted as a
 * device-hour. Which uploads came from one device is no longer known, so old counts keep their
 * values.
 */
export function addDeviceHours(driver: Driver): void {
  driver.exec('BEGIN IMMEDIATE');
  try {
    addColumns(driver);
    driver.exec('PRAGMA user_version = 4; COMMIT;');
  } catch (cause) {
    driver.exec('ROLLBACK');
    throw new Error(
      'The counts of an earlier version could not be migrated; nothing was changed.',
      { cause },
    );
  }
}

function addColumns(driver: Driver): void {
  driver.exec('DROP INDEX IF EXISTS sums_totals');
  for (const column of ADDED)
    driver.exec(`ALTER TABLE sums ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
  const select = driver.prepare(
    `SELECT rowid id, profile FROM sums WHERE rowid > ? ORDER BY rowid LIMIT ${ROWS}`,
  );
  const update = driver.prepare(
    `UPDATE sums SET ${ADDED.map((column) => `${column} = ?`).join(', ')}, profile = ? WHERE ` +
      'rowid = ?',
  );
  const at = ADDED.map((column) => COUNT_COLUMNS.indexOf(column));
  for (
    let rows = select.all([-1]);
    rows.length > 0;
    rows = select.all([Number(rows.at(-1)?.['id'])])
  ) {
    for (const row of rows) {
      const profile = decodeProfile(blobOf(row['profile']));
      const counts = countsOf(profile);
      update.run([...at.map((i) => counts[i] ?? 0), encodeProfile(profile), Number(row['id'])]);
    }
  }
}
