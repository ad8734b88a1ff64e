import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import { emptyProfile, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createCommitter } from '../../ingest/committer.ts';
import type { CollectorStore, Upload } from '../store.ts';
import { blobOf, openDriver } from './driver.ts';
import { openSqliteStore } from './sqlite-store.ts';

const HOUR = Math.floor(Date.now() / 3_600_000);
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-replay-'));
  // The clock decides when the journal is emptied. With a fake clock, only the test does.
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

let ids = 0;
function upload(predictions: number, spoil: (one: Profile) => Profile = (one) => one): Upload {
  const profile = spoil({
    ...emptyProfile({
      model: 'm',
      version: '1.0.0',
      reference: '',
      backend: 'wasm',
      browser: 'node',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: 0,
      hour: HOUR,
    }),
    predictions,
  });
  const batch = {
    batchId: (++ids).toString(16).padStart(32, 'a'),
    sealedAtMs: 1,
    lost: {},
    profiles: [profile],
  };
  return { ...batch, record: encodeBatch(batch) };
}
const misshapen = (): Upload =>
  upload(1, (one) => ({
    ...one,
    features: [{ bins: new Float64Array(2), missing: 0, invalid: 0, below: 0, above: 0 }],
  }));
const predictionsIn = async (store: CollectorStore): Promise<number> =>
  (await store.sums({ model: 'm', fromHour: 0, toHour: HOUR + 1 }, [])).reduce(
    (sum, one) => sum + one.predictions,
    0,
  );

/**
 * A store with three commits in its journal, and functions to corrupt and repair the second one on
 * disk.
 */
async function spoilt() {
  const path = join(folder, 'collector.sqlite');
  const store = openSqliteStore(path);
  for (const predictions of [1, 10, 100])
    expect(await store.commit([upload(predictions)])).toEqual([true]);
  return { path, store, ...spoil(path) };
}

/** Removes half of the second row of the journal. */
function spoil(path: string) {
  const disk = openDriver(path);
  const [, second] = disk.prepare('SELECT id, records FROM journal ORDER BY id').all([]);
  const write = (records: Uint8Array) =>
    disk
      .prepare('UPDATE journal SET records = ? WHERE id = ?')
      .run([records, Number(second!['id'])]);
  const records = Uint8Array.from(blobOf(second!['records']));
  write(records.subarray(0, records.length / 2));
  onTestFinished(() => disk.close());
  return {
    mend: () => write(records),
    journaled: () => disk.prepare('SELECT id FROM journal').all([]).length,
  };
}

test('an unreadable journal keeps its rows and refuses uploads and reads; later all count once', async () => {
  const { store, mend, journaled } = await spoilt();
  const committer = createCommitter(store);
  // A batch that cannot be added causes the journal to be read again. Its sender is told to retry,
  // because the fault is not in the batch.
  await expect(committer.add(misshapen())).rejects.toMatchObject({
    status: 503,
    cause: { message: expect.stringContaining('row 2') as string },
  });
  const waiting = upload(1_000);
  for (const ask of [
    () => committer.add(waiting),
    () => store.totals(),
    () => predictionsIn(store),
    () => store.maintain(Date.now()),
    () => store.check(),
  ])
    await expect(ask()).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  // Later than the time at which the journal would be emptied.
  vi.setSystemTime(Date.now() + 60_000);
  await expect(committer.add(waiting)).rejects.toMatchObject({ status: 503 });
  expect(journaled()).toBe(3);

  mend();
  await store.check();
  expect(await committer.add(waiting)).toBe(true);
  await expect(committer.add(misshapen())).rejects.toMatchObject({ status: 422 });
  expect(await predictionsIn(store)).toBe(1_111);
  await store.close();
});

test('opening or closing a store keeps an unreadable journal and names the row', async () => {
  const { path, store, mend, journaled } = await spoilt();
  await expect(store.commit([misshapen()])).rejects.toThrow('cannot read');
  await expect(store.close()).rejects.toMatchObject({ status: 503 });
  expect(() => openSqliteStore(path)).toThrow(/collector\.sqlite cannot be read \(row 2\)/);
  expect(journaled()).toBe(3);
  mend();
  const mended = openSqliteStore(path);
  expect(await predictionsIn(mended)).toBe(111);
  await mended.close();
});

test('the limit of counts in memory holds for a sum that grows with each upload', async () => {
  const path = join(folder, 'collector.sqlite');
  const store = openSqliteStore(path);
  const disk = openDriver(path);
  onTestFinished(() => disk.close());
  const journaled = (): number => disk.prepare('SELECT id FROM journal').all([]).length;
  const empty = { missing: 0, invalid: 0, below: 0, above: 0 };
  /** A profile of 257,000 counts, and four for each cell of the confusion matrix. */
  const large = (group: number, cells: number): Upload =>
    upload(1, (one) => ({
      ...one,
      key: { ...one.key, group },
      features: Array.from({ length: 64 }, () => ({ bins: new Float64Array(4_000), ...empty })),
      labels: new Float64Array(1_000),
      confusion: new Map(Array.from({ length: cells }, (_, cell) => [cell, 1])),
    }));
  await store.commit(Array.from({ length: 15 }, (_, group) => large(group, 0)));
  await store.commit([large(0, 10_000)]);
  // The first commit has an entry for each shard of the sums, the second is in one of them.
  expect(journaled()).toBe(8 + 1);
  await store.commit([large(0, 100_000)]);
  expect(journaled()).toBe(0);
  expect((await store.totals()).reduce((sum, { predictions }) => sum + predictions, 0)).toBe(17);
  await store.close();
});

test('sums are written a part at a time, and after a crash at any commit each count is there once', async () => {
  const path = join(folder, 'collector.sqlite');
  const store = openSqliteStore(path);
  const disk = openDriver(path);
  onTestFinished(() => disk.close());
  const random = seededRandom(17);
  const entries = new Set<number>();
  const expected = new Map<string, number>();
  for (let step = 0; step < 25; step += 1) {
    const uploads = Array.from({ length: step % 5 === 0 ? 200 : 3 }, () =>
      upload(1 + Math.floor(random() * 9), (one) => ({
        ...one,
        key: {
          ...one.key,
          group: Math.floor(random() * 16),
          version: `1.${Math.floor(random() * 60)}.0`,
        },
      })),
    );
    await store.commit(uploads);
    for (const { key, predictions } of uploads.flatMap(({ profiles }) => profiles)) {
      const id = `${key.version} ${key.group}`;
      expected.set(id, (expected.get(id) ?? 0) + predictions);
    }
    vi.setSystemTime(Date.now() + 700);
    entries.add(disk.prepare('SELECT DISTINCT shard FROM journal').all([]).length);
    const copy = join(folder, `crashed-${step}.sqlite`);
    await copyFile(path, copy);
    await copyFile(`${path}-wal`, `${copy}-wal`);
    const crashed = openSqliteStore(copy);
    const sums = await crashed.sums({ model: 'm', fromHour: 0, toHour: HOUR + 1 }, ['group']);
    await crashed.close();
    expect(
      new Map(sums.map(({ key, predictions }) => [`${key.version} ${key.group}`, predictions])),
    ).toEqual(expected);
  }
  // Not all entries were there, and not none.
  expect([...entries].some((shards) => shards > 0 && shards < 8)).toBe(true);
  await store.close();
});

test('an error of SQLite is answered to the whole commit; uploads are not tried one by one', async () => {
  const path = join(folder, 'collector.sqlite');
  const store = openSqliteStore(path);
  const commit = vi.fn<CollectorStore['commit']>(store.commit);
  const committer = createCommitter({ ...store, commit });
  const disk = openDriver(path);
  onTestFinished(() => disk.close());
  disk.exec('ALTER TABLE batches RENAME TO away');
  const uploads = [1, 10, 100].map((predictions) => upload(predictions));
  const addAll = () => Promise.allSettled(uploads.map((one) => committer.add(one)));
  for (const answer of await addAll())
    expect(answer).toMatchObject({
      status: 'rejected',
      reason: {
        status: 503,
        code: 'UNAVAILABLE',
        cause: { message: expect.stringContaining('batches') as string },
      },
    });
  expect(commit).toHaveBeenCalledTimes(1);
  disk.exec('ALTER TABLE away RENAME TO batches');
  for (const answer of await addAll()) expect(answer).toEqual({ status: 'fulfilled', value: true });
  expect(await predictionsIn(store)).toBe(111);
  await store.close();
});

test('health reports an unreadable journal until it can be read', async () => {
  const errors: unknown[] = [];
  const collector = await startCollector({
    port: 0,
    dataDir: folder,
    logger: { error: (error) => errors.push(error) },
  });
  onTestFinished(() => collector.close());
  const post = async ({ record }: Upload): Promise<number> =>
    (
      await fetch(new URL('v1/profiles', collector.url), {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: encodeFrame({ sentAtMs: Date.now(), gzip: false, record: record! }) as BodyInit,
      })
    ).status;
  const health = async (): Promise<number> =>
    (await fetch(new URL('v1/health', collector.url))).status;
  for (const predictions of [1, 10]) expect(await post(upload(predictions))).toBe(202);
  const { mend } = spoil(join(folder, 'collector.sqlite'));
  expect(await health()).toBe(200);
  expect(await post(misshapen())).toBe(503);
  expect([await health(), await post(upload(100))]).toEqual([503, 503]);
  expect(String(errors[0])).toContain('row 2');
  mend();
  expect([await health(), await post(misshapen()), await post(upload(100))]).toEqual([
    200, 422, 202,
  ]);
});
