import { addProfiles, emptyProfile, encodeProfile, keyText, ProfileError } from '@perigee/profile';
import type { Profile, ProfileKey, SealedBatch } from '@perigee/profile';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isInstalled, startNodes } from '../../../../../scripts/clickhouse/nodes.mjs';
import { testCollectorStore } from '../store.contract.ts';
import { RETENTION, rolledHour } from '../store.ts';
import type { CollectorStore, Retention } from '../store.ts';
import { openClickHouseReader, openClickHouseStore } from './clickhouse-store.ts';

if (!isInstalled())
  console.log(
    'Tests of the ClickHouse store are skipped: it is not installed. To install it: npm run ' +
      'clickhouse',
  );

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.now();
const NOW_HOUR = Math.floor(NOW_MS / HOUR_MS);
const ALL = { model: 'm', fromHour: 0, toHour: NOW_HOUR + 1_000 };

let ids = 0;
const batch = (profiles: readonly Profile[]): SealedBatch => ({
  batchId: (++ids).toString(16).padStart(32, 'd'),
  sealedAtMs: 1,
  lost: {},
  profiles,
});
const counted = (hour: number, predictions: number, key: Partial<ProfileKey> = {}): Profile => ({
  ...emptyProfile({
    model: 'm',
    version: '1',
    reference: '',
    backend: 'wasm',
    browser: 'node',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 0,
    hour,
    ...key,
  }),
  predictions,
});
const bytes = (profiles: readonly Profile[]): string[] =>
  profiles.map((one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();

/** The expected sums by hour after a roll-up. */
function rolledSums(profiles: readonly Profile[], nowMs: number, retention: Retention): string[] {
  const sums = new Map<string, Profile>();
  for (const one of profiles) {
    const key = {
      ...one.key,
      hour: rolledHour(one.key.hour, Math.floor(nowMs / HOUR_MS), retention),
    };
    const known = sums.get(keyText(key));
    sums.set(keyText(key), known ? addProfiles(known, one) : { ...one, key });
  }
  return bytes([...sums.values()]);
}

async function predictions(store: CollectorStore): Promise<number> {
  return (await store.sums(ALL, [])).reduce((sum, one) => sum + one.predictions, 0);
}

describe.skipIf(!isInstalled())('one node', () => {
  let servers: Awaited<ReturnType<typeof startNodes>>;
  beforeAll(async () => {
    servers = await startNodes(1);
  });
  afterAll(() => servers?.close());

  const open = async (name: string): Promise<CollectorStore> => {
    const store = await openClickHouseStore({
      url: servers.nodes[0]!.url,
      database: name,
      clockSkewMs: 0,
    });
    onTestFinished(() => store.close());
    return store;
  };
  const sql = async (query: string): Promise<string> =>
    (await (await fetch(servers.nodes[0]!.url, { method: 'POST', body: query })).text()).trim();

  testCollectorStore(
    'ClickHouse',
    (name) => openClickHouseStore({ url: servers.nodes[0]!.url, database: name, clockSkewMs: 0 }),
    { refusesShapes: false },
  );

  test('a database of schema 1 keeps its counts and gets device-hours as far as they are known', async () => {
    const failing = (hour: number, failed: number): Profile => ({
      ...counted(hour, 10),
      sessions: { started: 9, degraded: 0, failed },
    });
    const before = await open('schema_1');
    await before.commit([
      batch([failing(NOW_HOUR, 3)]),
      batch([failing(NOW_HOUR - 30, 0)]),
      batch([failing(NOW_HOUR - 30, 1)]),
    ]);
    await before.maintain(NOW_MS, { ...RETENTION, hourDays: 0 });
    for (const table of ['profiles', 'rolled'])
      await sql(
        `ALTER TABLE schema_1.${table} DROP COLUMN devices, DROP COLUMN failedDevices ` +
          'SETTINGS mutations_sync = 1',
      );
    await sql(
      'ALTER TABLE schema_1.perigee_schema DELETE WHERE version = 2 SETTINGS mutations_sync = 1',
    );
    const store = await open('schema_1');
    expect(await store.totals()).toMatchObject([{ predictions: 30, devices: 3, failedDevices: 2 }]);
    expect(
      (await store.sums(ALL, [])).map(({ devices, failedDevices }) => [devices, failedDevices]),
    ).toEqual([[3, 2]]);
    await store.commit([batch([{ ...failing(NOW_HOUR, 1), devices: 0, failedDevices: 1 }])]);
    expect(await store.totals()).toMatchObject([{ predictions: 40, devices: 3, failedDevices: 3 }]);
  });

  test('a commit is flushed to the disk before it resolves', async () => {
    const store = await open('flushing');
    const flushes = async (): Promise<number> =>
      Number(
        await sql(
          "SELECT sum(value) FROM system.events WHERE event IN ('FileSync', 'DirectorySync')",
        ),
      );
    const before = await flushes();
    await store.commit([batch([counted(NOW_HOUR, 1)])]);
    // File and directory of two parts: the profile's and the id's.
    expect((await flushes()) - before).toBeGreaterThanOrEqual(4);
  });

  test('collectors that start at once make the tables together', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open('starting')));
    await Promise.all(stores.map((store, i) => store.commit([batch([counted(NOW_HOUR, i + 1)])])));
    expect(await Promise.all(stores.map(predictions))).toEqual(stores.map(() => 21));
  });

  test('a reader sees commits and creates no tables', async () => {
    const read = async (database: string): Promise<number[]> => {
      const reader = await openClickHouseReader({
        url: servers.nodes[0]!.url,
        database,
        clockSkewMs: 0,
      });
      onTestFinished(() => reader.close());
      return (await reader.totals()).map((one) => one.predictions);
    };
    await (await open('read')).commit([batch([counted(NOW_HOUR, 5)])]);
    expect(await read('read')).toEqual([5]);
    await expect(read('unmade')).rejects.toMatchObject({ status: 503 });
    expect(await sql("SELECT name FROM system.databases WHERE name IN ('read', 'unmade')")).toBe(
      'read',
    );
  });

  test('tables of a newer collector are not changed', async () => {
    await open('newer');
    await sql('INSERT INTO newer.perigee_schema VALUES (99)');
    await expect(open('newer')).rejects.toThrow('has schema 99');
  });

  test('the same batches through several collectors at the same moment count once', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open('racing')));
    const batches = Array.from({ length: 20 }, (_, i) =>
      batch([counted(NOW_HOUR - 30, i), counted(NOW_HOUR - 30, 1, { group: 1 })]),
    );
    for (let round = 0; round < 3; round += 1)
      await Promise.all(stores.map((store) => store.commit(batches)));
    expect(await Promise.all(stores.map(predictions))).toEqual(stores.map(() => 210));
    expect((await stores[0]!.totals()).map(({ profiles }) => profiles)).toEqual([40]);
    await stores[1]!.maintain(NOW_MS);
    expect(await predictions(stores[2]!)).toBe(210);
    expect(await stores[3]!.commit(batches)).toEqual(batches.map(() => false));
  });

  test('with late batches and parallel roll-ups a sum lies between the acknowledged and the sent counts', async () => {
    const stores = await Promise.all(Array.from({ length: 3 }, () => open('busy')));
    let sent = 0;
    let acknowledged = 0;
    const over = new AbortController();
    const send = async (store: CollectorStore, worker: number): Promise<void> => {
      for (let i = 0; i < 12; i += 1) {
        const one = batch([
          counted(NOW_HOUR - 10 - ((i * 7 + worker) % 240), 1),
          counted(NOW_HOUR - (i % 3), 1),
        ]);
        sent += 2;
        await store.commit([one]);
        acknowledged += 2;
      }
    };
    const rollUp = async (store: CollectorStore): Promise<void> => {
      for (let day = 0; !over.signal.aborted; day = (day + 3) % 10)
        await store.maintain(NOW_MS + day * DAY_MS);
    };
    let readings = 0;
    const read = async (store: CollectorStore): Promise<void> => {
      while (!over.signal.aborted) {
        const least = acknowledged;
        const sum = await predictions(store);
        expect(sum).toBeGreaterThanOrEqual(least);
        expect(sum).toBeLessThanOrEqual(sent);
        expect(
          (await store.totals()).reduce((total, row) => total + row.predictions, 0),
        ).toBeGreaterThanOrEqual(least);
        readings += 1;
      }
    };
    const others = [rollUp(stores[0]!), rollUp(stores[1]!), read(stores[2]!)];
    await Promise.all(stores.map(send)).finally(() => over.abort());
    await Promise.all(others);
    expect(readings).toBeGreaterThan(2);
    expect(await predictions(stores[1]!)).toBe(sent);
    await stores[1]!.maintain(NOW_MS + 10 * DAY_MS);
    expect(await predictions(stores[0]!)).toBe(sent);
  });

  test('device rows past the retry period are deleted; hours become days, days weeks; sums stay', async () => {
    const store = await open('sealing');
    onTestFinished(() => void vi.useRealTimers());
    const profiles: Profile[] = [];
    for (const daysAgo of [150, 149, 110, 99, 98, 60, 45, 20, 5]) {
      vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS - daysAgo * DAY_MS });
      const some = [0, 1, 30].map((hoursAgo, i) =>
        counted(NOW_HOUR - daysAgo * 24 - hoursAgo, 10 ** i * daysAgo, { group: i % 2 }),
      );
      profiles.push(...some);
      await store.commit([batch(some)]);
    }
    vi.useRealTimers();
    const byHour = async (): Promise<string[]> =>
      bytes(await store.sums(ALL, ['hour', 'group', 'backend', 'browser', 'segment']));
    for (const [i, retention] of [
      RETENTION,
      RETENTION,
      { ...RETENTION, dayDays: 50 },
      { ...RETENTION, hourDays: 3, dayDays: 40 },
    ].entries()) {
      await store.maintain(NOW_MS, retention);
      expect(await byHour()).toEqual(rolledSums(profiles, NOW_MS, retention));
      if (i === 0)
        expect(
          Number(
            await sql(`SELECT count() FROM sealing.profiles WHERE hour < ${NOW_HOUR - 44 * 24}`),
          ),
        ).toBe(0);
    }
    expect(
      Number(await sql(`SELECT count() FROM sealing.profiles WHERE hour >= ${NOW_HOUR - 35 * 24}`)),
    ).toBe(6);
    const old = batch([counted(NOW_HOUR - 36 * 24, 1)]);
    await expect(store.commit([old])).rejects.toBeInstanceOf(ProfileError);
  });

  test('roll-ups that were replaced are deleted an hour later, those in use are not', async () => {
    const store = await open('replaced');
    await store.commit([batch([counted(NOW_HOUR - 20, 5)])]);
    await store.maintain(NOW_MS);
    await store.commit([batch([counted(NOW_HOUR - 20, 6)])]);
    await store.maintain(NOW_MS);
    expect(await sql('SELECT count() FROM replaced.rolled')).toBe('2');
    // Pretend that both were built two hours ago.
    for (const table of ['rolled', 'builds'])
      await sql(
        `ALTER TABLE replaced.${table} UPDATE at = at - 7200000000 WHERE 1 SETTINGS ` +
          'mutations_sync = 2',
      );
    const [first, second] = (await sql('SELECT build FROM replaced.builds ORDER BY at')).split(
      '\n',
    );
    await store.maintain(NOW_MS);
    expect(await predictions(store)).toBe(11);
    const left = (await sql('SELECT build FROM replaced.rolled ORDER BY at')).split('\n');
    // The second was replaced just now; a reader may still be using it.
    expect([left.length, left.includes(first!), left.includes(second!)]).toEqual([2, false, true]);
  });

  test('sums are capped at 2^53 - 1, even where 64 bits would wrap around', async () => {
    const store = await open('overflow');
    const most = Number.MAX_SAFE_INTEGER;
    await store.commit([batch([counted(NOW_HOUR, most)])]);
    expect(await predictions(store)).toBe(most);
    await store.commit([batch([counted(NOW_HOUR, 1)])]);
    expect(await predictions(store)).toBe(most);
    expect(await store.totals()).toMatchObject([{ predictions: most, profiles: 2 }]);
    await store.commit([batch(Array.from({ length: 2_048 }, () => counted(NOW_HOUR, most)))]);
    expect(await predictions(store)).toBe(most);
    expect(await store.timeline(ALL)).toMatchObject([{ predictions: most }]);
    await expect(store.commit([batch([counted(NOW_HOUR, 0.5)])])).rejects.toBeInstanceOf(
      ProfileError,
    );
  });

  test('an hour is the same in the sort key, the partition and the answer', async () => {
    const store = await open('golden');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 20, 10, 30) });
    onTestFinished(() => void vi.useRealTimers());
    await store.commit([batch([counted(498_658, 1)])]);
    expect(
      await sql(
        "SELECT toString(toDateTime(hour * 3600, 'UTC')), _partition_id FROM golden.profiles",
      ),
    ).toBe('2026-11-20 10:00:00\t2968');
    expect(
      (await store.timeline(ALL)).map(({ hour }) => new Date(hour * HOUR_MS).toISOString()),
    ).toEqual(['2026-11-20T10:00:00.000Z']);
  });

  test('any text reaches the database as a value', async () => {
    const store = await open('quoting');
    const name = `m' OR 1=1 -- {x:String} \\ " \t é`;
    await store.commit([
      batch([counted(NOW_HOUR, 3, { model: name, segment: "';" }), counted(NOW_HOUR, 4)]),
    ]);
    const [sum, ...others] = await store.sums({ ...ALL, model: name, segment: "';" }, ['segment']);
    expect([sum?.key.model, sum?.key.segment, sum?.predictions, others]).toEqual([
      name,
      "';",
      3,
      [],
    ]);
    await expect(
      openClickHouseStore({ url: servers.nodes[0]!.url, database: 'x`; DROP DATABASE quoting' }),
    ).rejects.toThrow('cannot be a name');
  });

  test('a server that does not respond is reported at the start', async () => {
    await expect(openClickHouseStore({ url: 'http://127.0.0.1:9/' })).rejects.toThrow(
      'ClickHouse at 127.0.0.1:9',
    );
  });
});
