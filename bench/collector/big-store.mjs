// A store with a week of a large fleet in it, written in large commits.
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addProfiles } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { openSqliteStore } from '../../packages/collector/dist/store/sqlite/sqlite-store.js';
import { deviceProfile, everyKey } from './devices.mjs';

const PER_COMMIT = 2_000;
/** Number of different sums, which are written repeatedly under different keys. */
const POOL = 200;

/**
 * The size of the store by `pick`, which takes the first value in a whole run.
 * @param {import('../report/types.d.ts').Pick} pick
 */
export function sizeOfStore(pick) {
  return { profiles: pick(1e6, 1e5), days: pick(7, 1) };
}

/**
 * @param {string} folder
 * @param {import('./types.d.ts').StoreOptions} options
 * @returns {Promise<import('./types.d.ts').BigStore>} a store that ends in this hour. An earlier
 *   store is used again if it has the same size and was made in this hour
 */
export async function bigStore(folder, { model, profiles, days, say }) {
  const dataDir = join(folder, 'big');
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const stamp = JSON.stringify({ profiles, days, nowHour });
  const file = join(folder, 'big.json');
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).stamp === stamp)
    return JSON.parse(readFileSync(file, 'utf8'));
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  const keys = everyKey(
    model.referenceId,
    Array.from({ length: days * 24 }, (_, i) => nowHour - i),
  );
  const perKey = Math.max(1, Math.round(profiles / keys.length));
  const random = seededRandom(21);
  const pool = Array.from({ length: POOL }, () =>
    Array.from({ length: perKey }, () => deviceProfile(random, model.reference, keys[0])).reduce(
      addProfiles,
    ),
  );
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  for (let from = 0; from < keys.length; from += PER_COMMIT) {
    if (from % (10 * PER_COMMIT) === 0) say(`${from} of ${keys.length} rows written`);
    await store.commit([
      {
        batchId: `b${from}`,
        sealedAtMs: 0,
        lost: {},
        profiles: keys
          .slice(from, from + PER_COMMIT)
          .map((key) => ({ ...pool[Math.floor(random() * POOL)], key })),
      },
    ]);
  }
  await store.close();
  const made = {
    stamp,
    dataDir,
    rows: keys.length,
    profiles: keys.length * perKey,
    bytes: statSync(join(dataDir, 'collector.sqlite')).size,
  };
  writeFileSync(file, JSON.stringify(made));
  return made;
}
