import { seededRandom } from '@perigee/profile/analysis';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startCollector } from '@perigee/collector';
import type { CollectorOptions, ModelsAnswer } from '@perigee/collector';
import {
  addProfiles,
  buildReference,
  createCounters,
  encodeBatch,
  encodeFrame,
  encodeProfile,
  keyText,
} from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { startProcess } from './process.fixture.ts';

const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const reference = buildReference({
  features: [
    { name: 'x', kind: 'numeric', values: Array.from({ length: 100 }, (_, i) => i) },
    {
      name: 'c',
      kind: 'categorical',
      values: Array.from({ length: 100 }, (_, i) => 'abc'[i % 3]!),
    },
  ],
  output: { labels: ['no', 'yes'], predictions: [{ labelIndex: 0, score: 1 }] },
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-ingest-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const newDataDir = (): string => join(folder, String(++made));

async function start(options: CollectorOptions = {}) {
  const collector = await startCollector({
    port: 0,
    dataDir: newDataDir(),
    uploadsPerMinute: 1e6,
    ...options,
  });
  onTestFinished(() => collector.close());
  return {
    ...collector,
    post: (body: Uint8Array, headers?: Record<string, string>) =>
      post(collector.url, body, headers),
  };
}

const post = (url: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(new URL('v1/profiles', url), {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'text/plain', ...headers },
  });
const predictionsAt = async (url: string): Promise<number> =>
  ((await (await fetch(new URL('v1/models', url))).json()) as ModelsAnswer).models
    .flatMap(({ versions }) => versions)
    .reduce((sum, { predictions }) => sum + predictions, 0);

function profile(next: () => number, against: ReferenceProfile = reference): Profile {
  const counters = createCounters(against);
  const pick = (n: number): number => Math.floor(next() * n);
  for (let i = 0; i <= pick(20); i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, [next() * 120 - 10, null, Number.NaN][pick(3)]);
    counters.observeFeature(1, ['a', 'b', 'unseen', undefined][pick(4)]);
    counters.observeOutput(pick(2), next());
    counters.observeLatency('total', next() * 100);
    if (next() < 0.2) counters.observeError(['TIMEOUT', 'OUT_OF_MEMORY'][pick(2)]!);
    if (next() < 0.2) counters.observeGroundTruth(pick(2), pick(2));
  }
  return counters.snapshot({
    model: ['m', 'n'][pick(2)]!,
    version: '1.0.0',
    reference: 'r',
    backend: ['wasm', 'webgpu'][pick(2)]!,
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: pick(3),
    hour: NOW_HOUR - pick(3),
  });
}

/** Changes profiles to what one device can have in a batch: one group, and one profile per key. */
function ofOneDevice(profiles: readonly Profile[]): Profile[] {
  const group = profiles[0]?.key.group ?? 0;
  const inGroup = profiles.map((one) => ({ ...one, key: { ...one.key, group } }));
  return [...new Map(inGroup.map((one) => [keyText(one.key), one])).values()];
}

function seal(
  profiles: readonly Profile[],
  gzip = true,
): { readonly batchId: string; readonly profiles: readonly Profile[]; readonly body: Uint8Array } {
  const batchId = (++made).toString(16).padStart(32, '0');
  const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost: {}, profiles });
  return {
    batchId,
    profiles,
    body: encodeFrame({ sentAtMs: Date.now(), gzip, record: gzip ? gzipSync(record) : record }),
  };
}
const upload = (profiles: readonly Profile[], gzip = true): Uint8Array => seal(profiles, gzip).body;

/** The content of a store as comparable text, equal only if every count is equal. */
const textOf = (profiles: Iterable<Profile>): string[] =>
  Array.from(profiles, (one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();

function sumByKey(profiles: readonly Profile[]): Iterable<Profile> {
  const sums = new Map<string, Profile>();
  for (const one of profiles) {
    const known = sums.get(keyText(one.key));
    sums.set(keyText(one.key), known ? addProfiles(known, one) : one);
  }
  return sums.values();
}

async function stored(dataDir: string): Promise<Profile[]> {
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const profiles = await Promise.all(
    ['m', 'n'].map((model) =>
      store.sums({ model, fromHour: 0, toHour: NOW_HOUR + 1 }, [
        'backend',
        'browser',
        'segment',
        'group',
        'hour',
      ]),
    ),
  );
  await store.close();
  return profiles.flat();
}

test('concurrent uploads in random order, some of them repeated, sum to exact counts', async () => {
  const next = seededRandom(11);
  const dataDir = newDataDir();
  const collector = await startCollector({ port: 0, dataDir, uploadsPerMinute: 1e6 });
  const batches = Array.from({ length: 60 }, () =>
    ofOneDevice(Array.from({ length: 1 + Math.floor(next() * 3) }, () => profile(next))),
  );
  const bodies = batches.map((profiles, i) => upload(profiles, i % 2 === 0));
  const sent = [...bodies, ...bodies.filter(() => next() < 0.4)]
    .map((body) => ({ body, order: next() }))
    .toSorted((a, b) => a.order - b.order);
  const answers = await Promise.all(
    sent.map(async ({ body }) => {
      const response = await post(collector.url, body);
      return { status: response.status, ...((await response.json()) as { duplicate: boolean }) };
    }),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(bodies.length);
  await collector.close();
  expect(textOf(await stored(dataDir))).toEqual(textOf(sumByKey(batches.flat())));
});

test('a collector killed at any moment keeps acknowledged uploads and counts repeats once', async () => {
  const dataDir = newDataDir();
  const next = seededRandom(12);
  const batches = Array.from({ length: 120 }, () => seal([profile(next)]));
  const acked = new Set<(typeof batches)[number]>();
  for (const afterAcks of [1, 30, 60]) {
    const { url, kill } = await startProcess({ dataDir });
    const waiting = batches.filter((batch) => !acked.has(batch));
    const sender = async (): Promise<void> => {
      for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
        // When the process is killed, the connection breaks and the batch is not acknowledged, as
        // on an unreliable network.
        const response = await post(url, batch.body).catch(() => undefined);
        if (response?.status === 202) acked.add(batch);
        if (acked.size >= afterAcks) kill();
      }
    };
    await Promise.all(Array.from({ length: 8 }, sender));
    await kill();
    expect(acked.size).toBeGreaterThanOrEqual(afterAcks);
    const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
    const isNew = await store.commit(
      Array.from(acked, ({ batchId, profiles }) => ({
        batchId,
        profiles,
        sealedAtMs: 0,
        lost: {},
      })),
    );
    const lost = isNew.filter(Boolean);
    await store.close();
    expect(lost).toEqual([]);
  }
  expect(acked.size).toBeLessThan(batches.length);
  const last = await startCollector({ port: 0, dataDir, uploadsPerMinute: 1e6 });
  for (const { body } of batches) expect((await post(last.url, body)).status).toBe(202);
  await last.close();
  expect(textOf(await stored(dataDir))).toEqual(
    textOf(sumByKey(batches.flatMap(({ profiles }) => profiles))),
  );
});

test('an upload that cannot be added to earlier counts gets 422; others of its commit are counted', async () => {
  const collector = await start();
  const next = seededRandom(13);
  const [good] = [profile(next)];
  expect((await collector.post(upload([good]))).status).toBe(202);
  const bad = { ...good, features: good.features.slice(1) };
  const answers = await Promise.all(
    [[good], [bad], [good]].map((profiles) => collector.post(upload(profiles))),
  );
  expect(answers.map(({ status }) => status)).toEqual([202, 422, 202]);
  expect(await predictionsAt(collector.url)).toBe(3 * good.predictions);
});

test.each([
  [
    'durations',
    (one: Profile) => ({
      ...one,
      latency: one.latency.map((histogram) => histogram.map(() => 4e9)),
    }),
  ],
  ['ground truth', (one: Profile) => ({ ...one, confusion: new Map([[0, 4e9]]) })],
  [
    'a made-up backend',
    (one: Profile) => ({ ...one, key: { ...one.key, backend: '<img src=x>' } }),
  ],
])('%s that no device has are refused', async (_what, spoil: (one: Profile) => Profile) => {
  const collector = await start();
  expect((await collector.post(upload([spoil(profile(seededRandom(14)))]))).status).toBe(422);
  expect(await predictionsAt(collector.url)).toBe(0);
});

test('with allowed origins, other pages cannot send even text/plain; devices without Origin can', async () => {
  const collector = await start({ allowedOrigins: ['https://app.example'] });
  const body = () => upload([profile(seededRandom(15))]);
  expect((await collector.post(body(), { origin: 'https://other.example' })).status).toBe(403);
  expect(await predictionsAt(collector.url)).toBe(0);
  expect((await collector.post(body(), { origin: 'https://app.example' })).status).toBe(202);
  expect((await collector.post(body())).status).toBe(202);
});

test('uploads are text/plain or application/octet-stream; other types are refused', async () => {
  const collector = await start();
  const answers = [];
  for (const type of ['text/plain;charset=UTF-8', 'application/octet-stream', 'application/json'])
    answers.push(
      (await collector.post(upload([profile(seededRandom(16))]), { 'content-type': type })).status,
    );
  expect(answers).toEqual([202, 202, 415]);
});

test('the number of uploads that wait for a silent registry is bounded; the next gets Retry-After', async () => {
  // A busy machine may need longer for the uploads than the collector waits for the registry.
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  timeout.mockImplementation(() => new AbortController().signal);
  onTestFinished(() => timeout.mockRestore());
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const errors: unknown[] = [];
  const collector = await start({
    registry: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`,
    logger: { error: (...what: unknown[]) => void errors.push(what) },
  });
  // Fifty features of four thousand words: over a million counts in a few kilobytes.
  const words = Array.from({ length: 4_000 }, (_, i) => String(i));
  const counters = createCounters(
    buildReference({
      features: Array.from({ length: 50 }, (_, f) => ({
        name: `f${f}`,
        kind: 'categorical' as const,
        values: words,
        maxVocabulary: 4_000,
      })),
    }),
  );
  counters.observePrediction();
  for (let f = 0; f < 50; f += 1) counters.observeFeature(f, '0');
  const one = counters.snapshot({
    model: 'm',
    version: '1.0.0',
    reference: 'r',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 0,
    hour: NOW_HOUR,
  });
  const body = upload(
    Array.from({ length: 7 }, (_, i) => ({ ...one, key: { ...one.key, hour: NOW_HOUR - i } })),
  );
  const waiting: Promise<Response>[] = [];
  let busy: Response | undefined;
  while (!busy) {
    waiting.push(collector.post(body));
    // Uploads that wait for the registry get no response yet, so the first response is the refusal.
    busy = await Promise.race([
      ...waiting,
      fetch(new URL('v1/health', collector.url)).then(() => undefined),
    ]);
  }
  expect(busy.status).toBe(503);
  expect(await busy.json()).toMatchObject({ error: { code: 'BUSY' } });
  expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
  silent.closeAllConnections();
  silent.close();
  const answers = await Promise.all(waiting);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  expect(errors).toHaveLength(1);
});

test.skipIf(!networkInterfaces()['lo']?.some(({ address }) => address === '::1'))(
  'the URL of a collector on an IPv6 address is valid',
  async () => {
    const { url } = await start({ host: '::1' });
    expect((await fetch(new URL('v1/health', url))).status).toBe(200);
  },
);

test('invalid times and times after the year 9998 are refused', async () => {
  const { url } = await start();
  for (const to of ['tomorrow', '+275760-09-13T00:00:00.000Z', '-000001-01-01T00:00:00Z']) {
    expect(
      (await fetch(new URL(`v1/models/m/timeline?to=${encodeURIComponent(to)}`, url))).status,
    ).toBe(400);
  }
});
