import { setImmediate as nextTurn } from 'node:timers/promises';
import { addInto } from '@perigee/profile/analysis';
import { rolledHour } from '../store.ts';
import type { Retention } from '../store.ts';
import { count, OF_EACH_MODEL } from './reading.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { sumOf } from './sum-rows.ts';
import type { SumWriter } from './sum-writer.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** Deletes old data, then moves each old hour to its day or week, in a transaction of its own. */
export async function maintain(
  file: SqliteFile,
  sums: SumWriter,
  nowMs: number,
  retention: Retention,
): Promise<void> {
  const nowHour = Math.floor(nowMs / HOUR_MS);
  sums.changeRows(() => deleteOld(file, nowHour, retention));
  const hours = file.driver
    .prepare(`SELECT DISTINCT hour FROM sums WHERE ${OF_EACH_MODEL} AND hour < ? ORDER BY hour`)
    .all([nowHour - retention.hourDays * DAY_HOURS])
    .map((row) => count(row['hour']));
  for (const hour of hours) {
    const into = rolledHour(hour, nowHour, retention);
    if (into === hour) continue;
    // Let uploads run between hours. What they add is written first, so that all of an hour moves.
    await nextTurn();
    sums.changeRows(() => moveHour(file, hour, into));
  }
}

function deleteOld({ driver }: SqliteFile, nowHour: number, retention: Retention): void {
  const oldest = nowHour - retention.keepDays * DAY_HOURS;
  driver.prepare(`DELETE FROM sums WHERE ${OF_EACH_MODEL} AND hour < ?`).run([oldest]);
  driver.prepare('DELETE FROM losses WHERE hour < ?').run([oldest]);
  driver
    .prepare('DELETE FROM batches WHERE received_hour < ?')
    .run([nowHour - retention.batchIdDays * DAY_HOURS]);
}

/** Adds the sums of an hour to those of another hour. */
function moveHour({ driver, rows }: SqliteFile, hour: number, into: number): void {
  const select = driver.prepare(
    `SELECT profile, profiles FROM sums WHERE ${OF_EACH_MODEL} AND hour = ?`,
  );
  for (const row of select.all([hour])) {
    const { profile, profiles } = sumOf(row);
    const key = { ...profile.key, hour: into };
    const sum = rows.read(key);
    // The row gets the highest id of all, so that the id of the moved row is not given again. By row
    // ids a reader knows whether an hour is as it was (kept-hours.ts).
    if (sum) rows.delete(key);
    rows.write({
      profile: sum ? addInto(sum.profile, profile) : { ...profile, key },
      profiles: profiles + (sum?.profiles ?? 0),
    });
    rows.delete(profile.key);
  }
}
