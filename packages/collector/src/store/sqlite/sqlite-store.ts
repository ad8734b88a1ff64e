import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { CollectorStore, WindowQuery } from '../store.ts';
import { blobOf, openDriver } from './driver.ts';
import type { Driver, Row } from './driver.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS batches (batch_id TEXT PRIMARY KEY, received_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS profiles (
    model TEXT NOT NULL, version TEXT NOT NULL, reference TEXT NOT NULL, backend TEXT NOT NULL, grp INTEGER NOT NULL, hour INTEGER NOT NULL,
    batches INTEGER NOT NULL, predictions INTEGER NOT NULL, errors INTEGER NOT NULL, fallbacks INTEGER NOT NULL, labelled INTEGER NOT NULL, correct INTEGER NOT NULL,
    profile BLOB NOT NULL,
    PRIMARY KEY (model, version, hour, reference, backend, grp)
  );`;

/** The embedded store: one file, one writer, sums kept as one encoded profile a key with the plain totals beside it. */
export function openSqliteStore(path: string, prefer?: Driver['name']): CollectorStore {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const driver = openDriver(path, prefer);
  driver.exec(SCHEMA);
  const insertBatch = driver.prepare('INSERT OR IGNORE INTO batches (batch_id, received_at) VALUES (?, ?)');
  const selectOne = driver.prepare('SELECT profile, batches FROM profiles WHERE model = ? AND version = ? AND hour = ? AND reference = ? AND backend = ? AND grp = ?');
  const upsert = driver.prepare(`INSERT OR REPLACE INTO profiles (model, version, hour, reference, backend, grp, batches, predictions, errors, fallbacks, labelled, correct, profile)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectTotals = driver.prepare(`SELECT model, version, backend, SUM(predictions) predictions, SUM(errors) errors, SUM(fallbacks) fallbacks, SUM(labelled) labelled,
    SUM(correct) correct, SUM(batches) batches, MIN(hour) firstHour, MAX(hour) lastHour FROM profiles GROUP BY model, version, backend ORDER BY model, version, backend`);
  // Plain question marks: node:sqlite takes numbered ones for named and binds nothing to them, in Node 22 at least.
  const window = 'FROM profiles WHERE model = ? AND hour >= ? AND hour < ? AND version = COALESCE(?, version)';
  const selectHours = driver.prepare(`SELECT hour, version, SUM(predictions) predictions, SUM(errors) errors ${window} GROUP BY hour, version ORDER BY hour, version`);
  const selectProfiles = driver.prepare(`SELECT profile ${window} ORDER BY hour`);

  function add(profile: Profile): void {
    const { model, version, hour, reference, backend, group } = profile.key;
    const key = [model, version, hour, reference, backend, group];
    const [existing] = selectOne.all(key);
    const sum = existing ? mergeProfiles(decodeProfile(blobOf(existing['profile'])), profile) : profile;
    const { labelled, correct } = truth(sum);
    const errors = Object.values(sum.errors).reduce((total, count) => total + count, 0);
    upsert.run([...key, count(existing?.['batches'] ?? 0) + 1, sum.predictions, errors, sum.fallbacks, labelled, correct, encodeProfile(sum)]);
  }

  return {
    commit(batches) {
      driver.exec('BEGIN IMMEDIATE');
      try {
        const fresh = batches.map((batch) => {
          const isNew = insertBatch.run([batch.batchId, Date.now()]).changes === 1;
          if (isNew) batch.profiles.forEach(add);
          return isNew;
        });
        driver.exec('COMMIT');
        return fresh;
      } catch (error) {
        driver.exec('ROLLBACK');
        throw error;
      }
    },
    totals: () => selectTotals.all([]).map((row) => ({
      model: text(row['model']),
      version: text(row['version']),
      backend: text(row['backend']),
      ...numbers(row, ['predictions', 'errors', 'fallbacks', 'labelled', 'correct', 'batches', 'firstHour', 'lastHour']),
    })),
    timeline: (query) => selectHours.all(parameters(query)).map((row) => ({ version: text(row['version']), ...numbers(row, ['hour', 'predictions', 'errors']) })),
    profiles: (query) => selectProfiles.all(parameters(query)).map((row) => decodeProfile(blobOf(row['profile']))),
    close() {
      driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      driver.close();
    },
  };
}

function parameters({ model, fromHour, toHour, version }: WindowQuery): [string, number, number, string | null] {
  return [model, fromHour, toHour, version ?? null];
}

function truth({ labels, confusion }: Profile): { labelled: number; correct: number } {
  let labelled = 0;
  let correct = 0;
  confusion.forEach((cell, i) => {
    labelled += cell;
    if (i % (labels.length + 1) === 0) correct += cell;
  });
  return { labelled, correct };
}

function numbers<K extends string>(row: Row, names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, count(row[name])])) as Record<K, number>;
}

function count(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new TypeError(`the store holds ${String(value)} where a count was expected`);
  return number;
}

function text(value: unknown): string {
  return String(value);
}
