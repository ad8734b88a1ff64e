import { decodeProfile, encodeProfile } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { ownCopy } from '@perigee/profile/analysis';
import { PLAIN_COLUMNS, plainCountsOf } from './columns.ts';
import { blobOf } from './driver.ts';
import type { Driver, Row } from './driver.ts';
import { count } from './reading.ts';

/** A sum of profiles of one key, and how many profiles it has. */
export interface StoredSum {
  /** Owns its arrays, so that counts can be added in place. */
  readonly profile: Profile;
  readonly profiles: number;
}

/** The table of sums: one row per key, with an encoded profile and its plain totals. */
export interface SumRows {
  read(key: ProfileKey): StoredSum | undefined;
  /** Inserts the row of the profile's key, or replaces it. */
  write(sum: StoredSum): void;
  delete(key: ProfileKey): void;
}

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

export function createSumRows(driver: Driver): SumRows {
  const keys: readonly string[] = KEY;
  const where = KEY.map((column) => `${column} = ?`).join(' AND ');
  const columns = [...KEY, 'profiles', ...PLAIN_COLUMNS, 'profile'];
  const select = driver.prepare(`SELECT profile, profiles FROM sums WHERE ${where}`);
  const upsert = driver.prepare(
    // In place, so that the row stays where it is, and so do its entries in indices of keys.
    `INSERT INTO sums (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
      ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET
        ${columns.flatMap((name) => (keys.includes(name) ? [] : [`${name} = excluded.${name}`])).join(', ')}`,
  );
  const remove = driver.prepare(`DELETE FROM sums WHERE ${where}`);
  return {
    read(key) {
      const [row] = select.all(keyValues(key));
      return row && sumOf(row);
    },
    write({ profile, profiles }) {
      upsert.run([
        ...keyValues(profile.key),
        profiles,
        ...plainCountsOf(profile),
        encodeProfile(profile),
      ]);
    },
    delete: (key) => void remove.run(keyValues(key)),
  };
}

/** Reads a row that has the columns `profile` and `profiles`. */
export function sumOf(row: Row): StoredSum {
  return {
    profile: ownCopy(decodeProfile(blobOf(row['profile']))),
    profiles: count(row['profiles']),
  };
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
