import { gzipSync } from 'node:zlib';
import { startCollector } from '@perigee/collector';
import type { ModelsAnswer } from '@perigee/collector';
import { emptyProfile, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CLUSTER, isInstalled, startNodes } from '../../../../../scripts/clickhouse/nodes.mjs';
import { startProcess } from '../../ingest/process.fixture.ts';
import { HttpError } from '../../http/http-error.ts';
import { testCollectorStore } from '../store.contract.ts';
import type { CollectorStore } from '../store.ts';
import { openClickHouseStore } from './clickhouse-store.ts';
import type { ClickHouseOptions } from './clickhouse-store.ts';

const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const ALL = { model: 'm', fromHour: 0, toHour: NOW_HOUR + 2 };

let ids = 0;
/** Ids spread widely, like those of devices, so that both shards receive some. */
const batchId = (): string =>
  ((++ids * 0x9e_37_79_b1) >>> 0).toString(16).padStart(8, '0').repeat(4);
const counted = (predictions: number, hour = NOW_HOUR): Profile => ({
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
    hour,
  }),
  predictions,
});
const batch = (...profiles: Profile[]): SealedBatch => ({
  batchId: batchId(),
  sealedAtMs: 1,
  lost: {},
  profiles,
});

async function predictions(store: CollectorStore): Promise<number> {
  return (await store.sums(ALL, [])).reduce((sum, one) => sum + one.predictions, 0);
}

function upload(one: SealedBatch): Uint8Array {
  return encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(encodeBatch(one)) });
}

const post = (url: string, body: Uint8Array) =>
  fetch(new URL('v1/profiles', url), {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'text/plain' },
  });

async function predictionsAt(url: string): Promise<number> {
  const { models } = (await (await fetch(new URL('v1/models', url))).json()) as ModelsAnswer;
  return models
    .flatMap(({ versions }) => versions)
    .reduce((sum, version) => sum + version.predictions, 0);
}

describe.skipIf(!isInstalled())('two shards', () => {
  let servers: Awaited<ReturnType<typeof startNodes>>;
  beforeAll(async () => {
    servers = await startNodes(2);
  });
  afterAll(() => servers?.close());

  const optionsOf = (database: string, node: number): ClickHouseOptions => ({
    url: servers.nodes[node]!.url,
    database,
    cluster: CLUSTER,
    shards: servers.nodes.map(({ url }) => url),
    clockSkewMs: 0,
  });
  const open = async (database: string, node: number): Promise<CollectorStore> => {
    const store = await openClickHouseStore(optionsOf(database, node));
    onTestFinished(() => store.close());
    return store;
  };
  const count = async (node: number, table: string): Promise<number> =>
    Number(
      await (
        await fetch(servers.nodes[node]!.url, {
          method: 'POST',
          body: `SELECT count() FROM ${table}`,
        })
      ).text(),
    );

  let opened = 0;
  // Alternates between the nodes: each collector must find what another one did.
  testCollectorStore('two shards', (name) => openClickHouseStore(optionsOf(name, ++opened % 2)), {
    refusesShapes: false,
  });

  test('batches are spread over the shards, and any node recognises their repeats', async () => {
    const stores = [await open('spread', 0), await open('spread', 1)];
    const batches = Array.from({ length: 40 }, (_, i) =>
      batch(counted(i), counted(1, NOW_HOUR - 9)),
    );
    expect(await stores[0]!.commit(batches)).toEqual(batches.map(() => true));
    expect(await stores[1]!.commit(batches)).toEqual(batches.map(() => false));
    expect(
      (await count(0, 'spread.profiles_shard')) + (await count(1, 'spread.profiles_shard')),
    ).toBe(80);
    expect(
      Math.min(await count(0, 'spread.profiles_shard'), await count(1, 'spread.profiles_shard')),
    ).toBeGreaterThan(20);
    // Pretend that the first collector stopped before it wrote any id: rows are sent again, through
    // the other node and in other groups.
    for (const { url } of servers.nodes)
      await fetch(url, { method: 'POST', body: 'TRUNCATE TABLE spread.batches_shard' });
    for (let i = 0; i < 40; i += 8)
      expect(await stores[1]!.commit(batches.slice(i, i + 8))).toEqual(
        Array.from({ length: 8 }, () => true),
      );
    expect(await Promise.all(stores.map(predictions))).toEqual([820, 820]);
    await stores[0]!.maintain(Date.now());
    expect(await Promise.all(stores.map(predictions))).toEqual([820, 820]);
  });

  test('while a shard is down commits and reads get 503; afterwards all counts are complete', async () => {
    const errors: unknown[] = [];
    const store = { kind: 'clickhouse', ...optionsOf('killed', 0) } as const;
    const collector = await startCollector({
      port: 0,
      store,
      uploadsPerMinute: 1e6,
      logger: { error: (error) => errors.push(error) },
    });
    onTestFinished(() => collector.close());
    const direct = await open('killed', 0);
    const before = Array.from({ length: 10 }, (_, i) => batch(counted(i + 1)));
    for (const one of before) expect((await post(collector.url, upload(one))).status).toBe(202);

    await servers.nodes[1]!.kill();
    const during = Array.from({ length: 4 }, () => batch(counted(100)));
    try {
      for (const one of during) {
        const answer = await post(collector.url, upload(one));
        expect(answer.status).toBe(503);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await fetch(new URL('v1/models', collector.url))).status).toBe(503);
      await expect(predictions(direct)).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      await expect(direct.commit(during)).rejects.toBeInstanceOf(HttpError);
      await expect(direct.maintain(Date.now())).rejects.toBeInstanceOf(HttpError);
      expect(String(errors[0])).toContain('ClickHouse at 127.0.0.1');
    } finally {
      await servers.nodes[1]!.start();
    }
    expect(await predictions(direct)).toBeGreaterThanOrEqual(55);
    for (const one of [...during, ...before])
      expect((await post(collector.url, upload(one))).status).toBe(202);
    expect(await predictionsAt(collector.url)).toBe(455);
    expect(await predictions(direct)).toBe(455);
  });

  test('a collector killed under load loses no acknowledged batch, and retries elsewhere count once', async () => {
    const other = await startProcess({ store: { kind: 'clickhouse', ...optionsOf('crash', 1) } });
    const batches = Array.from({ length: 240 }, (_, i) =>
      batch(counted(i + 1), counted(1, NOW_HOUR - 5)),
    );
    const acknowledged = new Set<SealedBatch>();
    for (let round = 0; round < 3; round += 1) {
      const doomed = await startProcess({
        store: { kind: 'clickhouse', ...optionsOf('crash', round % 2) },
      });
      const waiting = batches.slice(round * 80, round * 80 + 80);
      let haveEnough = (): void => undefined;
      const enough = new Promise<void>((resolve) => (haveEnough = resolve));
      const send = async (): Promise<void> => {
        for (let one = waiting.pop(); one; one = waiting.pop()) {
          const answer = await post(doomed.url, upload(one)).catch(() => undefined);
          if (answer?.status === 202) acknowledged.add(one);
          if (acknowledged.size >= round * 60 + 20) haveEnough();
        }
      };
      const load = Promise.all(Array.from({ length: 6 }, send));
      await enough;
      await doomed.kill();
      await load;
    }
    expect(acknowledged.size).toBeGreaterThan(50);
    expect(acknowledged.size).toBeLessThan(batches.length);
    const least = [...acknowledged].reduce(
      (sum, { profiles }) => sum + profiles[0]!.predictions + 1,
      0,
    );
    expect(await predictionsAt(other.url)).toBeGreaterThanOrEqual(least);
    for (const one of acknowledged)
      expect(await (await post(other.url, upload(one))).json()).toMatchObject({ duplicate: true });
    const answers = await Promise.all(batches.map((one) => post(other.url, upload(one))));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(await predictionsAt(other.url)).toBe((240 * 241) / 2 + 240);
  });
});
