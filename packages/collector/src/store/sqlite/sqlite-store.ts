import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { addProfiles, decodeProfile, encodeProfile, keyText, LOSS_REASONS } from '@perigee/profile';
import type { Losses, Profile, ProfileKey, SealedBatch } from '@perigee/profile';
import { reducedKey, RETENTION, rolledHour } from '../store.ts';
import type { CollectorStore, WindowQuery } from '../store.ts';
import { blobOf, openDriver } from './driver.ts';
import type { Driver, Row } from './driver.ts';
import { createSchema } from './schema.ts';
import { createSumCache } from './sum-cache.ts';
import { COUNT_COLUMNS, countsOf } from '../totals.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const KEY = ['model', 'version', 'hour', 'reference', 'backend', 'browser', 'segment', 'sampling', 'privacy', 'grp'] as const;

/** The embedded store: one file, one writer, sums kept as one encoded profile a key with the plain totals beside it. */
export function openSqliteStore(path: string, prefer?: Driver['name']): CollectorStore {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const driver = openDriver(path, prefer);
  createSchema(driver);
  const cache = createSumCache();
  const where = KEY.map((column) => `${column} = ?`).join(' AND ');
  const columns = [...KEY, 'profiles', ...COUNT_COLUMNS, 'profile'];
  const insertBatch = driver.prepare('INSERT OR IGNORE INTO batches (batch_id, received_hour) VALUES (?, ?)');
  const selectOne = driver.prepare(`SELECT profile, profiles FROM sums WHERE ${where}`);
  const upsert = driver.prepare(`INSERT OR REPLACE INTO sums (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
  const deleteOne = driver.prepare(`DELETE FROM sums WHERE ${where}`);
  const addLoss = driver.prepare('INSERT INTO losses (hour, reason, count) VALUES (?, ?, ?) ON CONFLICT (hour, reason) DO UPDATE SET count = count + excluded.count');
  const putDocument = driver.prepare('INSERT OR REPLACE INTO documents (kind, id, at_ms, body) VALUES (?, ?, ?, ?)');
  const listDocuments = driver.prepare('SELECT id, at_ms, body FROM documents WHERE kind = ? ORDER BY at_ms DESC, id DESC LIMIT ?');
  const selectLosses = driver.prepare('SELECT reason, SUM(count) count FROM losses WHERE hour >= ? AND hour < ? GROUP BY reason');
  const totalled = ['profiles', ...COUNT_COLUMNS].map((column) => `SUM(${column}) ${column}`).join(', ');
  const selectTotals = driver.prepare(`SELECT model, version, backend, browser, segment, sampling, ${totalled}, MIN(hour) firstHour, MAX(hour) lastHour FROM sums
    GROUP BY model, version, backend, browser, segment, sampling ORDER BY model, version, backend, browser, segment, sampling`);
  // Plain question marks: node:sqlite takes numbered ones for named and binds nothing to them, in Node 22 at least.
  const window = `FROM sums WHERE model = ? AND hour >= ? AND hour < ? AND version = COALESCE(?, version)
    AND backend = COALESCE(?, backend) AND browser = COALESCE(?, browser) AND segment = COALESCE(?, segment)`;
  const selectHours = driver.prepare(`SELECT hour, version, ${totalled} ${window} GROUP BY hour, version ORDER BY hour, version`);
  const selectProfiles = driver.prepare(`SELECT profile ${window}`);

  function inTransaction<T>(work: () => T): T {
    driver.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      driver.exec('COMMIT');
      return result;
    } catch (error) {
      driver.exec('ROLLBACK');
      cache.clear();
      throw error;
    }
  }

  function stored(key: ProfileKey): { profile: Profile; profiles: number } | undefined {
    const [row] = selectOne.all(keyValues(key));
    return row && { profile: decodeProfile(blobOf(row['profile'])), profiles: count(row['profiles']) };
  }

  function write(profile: Profile, profiles: number): void {
    upsert.run([...keyValues(profile.key), profiles, ...countsOf(profile), encodeProfile(profile)]);
  }

  /** Uploads of an hour mostly belong to few keys: they are added up first, so that each key is read and written once a commit. */
  function addAll(batches: readonly SealedBatch[], nowHour: number): void {
    const sums = new Map<string, { profile: Profile; profiles: number }>();
    for (const profile of batches.flatMap(({ profiles }) => profiles)) {
      // What comes late belongs to a day or a week that is one row already.
      const hour = rolledHour(profile.key.hour, nowHour, RETENTION);
      const key = hour === profile.key.hour ? profile.key : { ...profile.key, hour };
      const text = keyText(key);
      const sum = sums.get(text) ?? cache.get(text) ?? stored(key);
      sums.set(text, sum ? { profile: addProfiles(sum.profile, profile), profiles: sum.profiles + 1 } : { profile: { ...profile, key }, profiles: 1 });
    }
    for (const [text, { profile, profiles }] of sums) {
      write(profile, profiles);
      cache.set(text, { profile, profiles });
    }
  }

  return {
    async commit(batches) {
      const nowHour = Math.floor(Date.now() / HOUR_MS);
      return inTransaction(() => {
        const isNew = batches.map(({ batchId }) => insertBatch.run([batchId, nowHour]).changes === 1);
        const fresh = batches.filter((_, i) => isNew[i]);
        addAll(fresh, nowHour);
        for (const { lost } of fresh) for (const [reason, lostCount] of Object.entries(lost)) addLoss.run([nowHour, reason, lostCount]);
        return isNew;
      });
    },

    async totals() {
      return selectTotals.all([]).map((row) => ({ ...texts(row, ['model', 'version', 'backend', 'browser', 'segment']), ...numbers(row, ['sampling', 'profiles', ...COUNT_COLUMNS, 'firstHour', 'lastHour']) }));
    },

    async timeline(query) {
      return selectHours.all(parameters(query)).map((row) => ({ ...texts(row, ['version']), ...numbers(row, ['hour', 'predictions', 'errors', 'sessionsStarted', 'sessionsFailed', 'goldenFailed']) }));
    },

    async sums(query, by) {
      const sums = new Map<string, Profile>();
      for (const row of selectProfiles.all(parameters(query))) {
        const profile = decodeProfile(blobOf(row['profile']));
        const key = reducedKey(profile.key, by, query.fromHour);
        const text = keyText(key);
        const sum = sums.get(text);
        sums.set(text, sum ? addProfiles(sum, profile) : { ...profile, key });
      }
      return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, profile]) => profile);
    },

    async losses(fromHour, toHour) {
      const found = new Map(selectLosses.all([fromHour, toHour]).map((row) => [String(row['reason']), count(row['count'])]));
      return Object.fromEntries(LOSS_REASONS.filter((reason) => found.has(reason)).map((reason) => [reason, found.get(reason)])) as Losses;
    },

    async put(kind, id, body, atMs) {
      putDocument.run([kind, id, atMs, JSON.stringify(body)]);
    },

    async list(kind, limit) {
      return listDocuments.all([kind, limit]).map((row) => ({ id: String(row['id']), atMs: count(row['at_ms']), body: JSON.parse(String(row['body'])) as unknown }));
    },

    async maintain(nowMs, retention = RETENTION) {
      const nowHour = Math.floor(nowMs / HOUR_MS);
      const oldest = nowHour - retention.keepDays * DAY_HOURS;
      inTransaction(() => {
        driver.prepare('DELETE FROM sums WHERE hour < ?').run([oldest]);
        driver.prepare('DELETE FROM losses WHERE hour < ?').run([oldest]);
        driver.prepare('DELETE FROM batches WHERE received_hour < ?').run([nowHour - retention.batchIdDays * DAY_HOURS]);
      });
      cache.clear();
      const isWhole = (hour: number): boolean => rolledHour(hour, nowHour, retention) !== hour;
      const hours = driver.prepare('SELECT DISTINCT hour FROM sums WHERE hour < ? ORDER BY hour').all([nowHour - retention.hourDays * DAY_HOURS]).map((row) => count(row['hour'])).filter(isWhole);
      // One transaction an hour, so that uploads wait for none of them long.
      for (const hour of hours) inTransaction(() => rollUp(hour, rolledHour(hour, nowHour, retention)));
    },

    async close() {
      driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      driver.close();
    },
  };

  function rollUp(hour: number, into: number): void {
    for (const row of driver.prepare('SELECT profile, profiles FROM sums WHERE hour = ?').all([hour])) {
      const profile = decodeProfile(blobOf(row['profile']));
      const key = { ...profile.key, hour: into };
      const sum = stored(key);
      write(sum ? addProfiles(sum.profile, profile) : { ...profile, key }, (sum?.profiles ?? 0) + count(row['profiles']));
      deleteOne.run(keyValues(profile.key));
    }
  }
}

function keyValues({ model, version, hour, reference, backend, browser, segment, sampling, privacy, group }: ProfileKey): (string | number)[] {
  return [model, version, hour, reference, backend, browser, segment, sampling, privacy, group];
}

function parameters({ model, fromHour, toHour, version, backend, browser, segment }: WindowQuery): (string | number | null)[] {
  return [model, fromHour, toHour, version ?? null, backend ?? null, browser ?? null, segment ?? null];
}

function texts<K extends string>(row: Row, names: readonly K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, String(row[name])])) as Record<K, string>;
}

function numbers<K extends string>(row: Row, names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, count(row[name])])) as Record<K, number>;
}

function count(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new TypeError(`the store holds ${String(value)} where a count was expected`);
  return number;
}
