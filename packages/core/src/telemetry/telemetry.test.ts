import { buildReference, createCounters, decodeBatch, mergeProfiles } from '@perigee/profile';
import { gunzip } from '@perigee/registry';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { takePrediction, rememberPredictions } from './pending-ground-truth.ts';
import { previewTelemetry } from './preview.ts';
import { createTelemetryQueue } from './queue.ts';
import { recordProfile } from './record.ts';
import { openWindows } from './seal.ts';
import { NOW_HOUR, passTime, profile, seal, startCollector } from './telemetry.fixture.ts';
import { uploadBatch } from './upload.ts';

/** The most words that a feature may have. */
const WORDS = Array.from({ length: 4_000 }, (_, i) => String(i));

test('recorded counts arrive as one batch, and the queue is empty', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await recordProfile(store, profile(2));
  await recordProfile(store, profile(3));
  await recordProfile(store, profile(4, { model: 'words' }));
  const queue = createTelemetryQueue(store, collector);
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
  expect(collector.received).toHaveLength(1);
  expect(
    collector.received[0]?.profiles.map(({ key, predictions }) => [key.model, predictions]),
  ).toEqual([
    ['digits', 5],
    ['words', 4],
  ]);
  expect(collector.requests[0]).toMatchObject({ contentType: 'text/plain', cookie: undefined });
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
  expect(collector.received).toHaveLength(1);
});

test('when the acknowledgement is lost the same bytes go out again under the same id', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push('lose');
  await recordProfile(store, profile(7));
  const queue = createTelemetryQueue(store, collector);
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 1, sent: 0 });
  await recordProfile(store, profile(1));
  // A later page: only the store remains of the first.
  passTime(60_000);
  expect(await createTelemetryQueue(store, collector).flush({ force: false })).toMatchObject({
    queued: 0,
    sent: 2,
  });
  expect(collector.requests[1]?.record).toBe(collector.requests[0]?.record);
  expect(collector.requests[1]?.sentAtMs).toBeGreaterThan(
    collector.requests[0]?.sentAtMs ?? Infinity,
  );
  expect(collector.received).toHaveLength(3);
  expect(collector.counted()).toBe(8);
});

test('429 with Retry-After is waited for, and what is counted meanwhile stays in open windows', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({ status: 429, headers: { 'retry-after': '7200' } });
  const queue = createTelemetryQueue(store, collector);
  await recordProfile(store, profile(1));
  await queue.flush({ force: false });
  for (let i = 0; i < 5; i += 1) {
    await recordProfile(store, profile(1));
    expect(await queue.flush({ force: false })).toMatchObject({ queued: 1, sent: 0 });
  }
  passTime(7_199_000);
  await queue.flush({ force: false });
  expect(collector.requests).toHaveLength(1);
  passTime(2_000);
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 0, sent: 2 });
  expect(collector.counted()).toBe(6);
});

test.each([400, 413, 422])(
  'a batch refused with %i is given up, counted, and reported with the next one',
  async (status) => {
    const [collector, store] = [await startCollector(), createMemoryStore()];
    collector.answers.push({ status });
    const queue = createTelemetryQueue(store, collector);
    await recordProfile(store, profile(1));
    expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 0, lost: 1 });
    await recordProfile(store, profile(2));
    expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
    expect(collector.received[0]).toMatchObject({ lost: { refused: 1 } });
  },
);

test.each([
  ['404 of a collector being moved', { status: 404 }],
  ['403 of a firewall', { status: 403 }],
  ['503', { status: 503 }],
  ['302 to an address that answers 200', { status: 302, headers: { location: '/moved' } }],
  [
    '200 of a login page',
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in' },
  ],
])('%s loses nothing', async (_, answer) => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push(answer);
  await recordProfile(store, profile(1));
  expect(await createTelemetryQueue(store, collector).flush({ force: false })).toEqual({
    queued: 1,
    sent: 0,
    lost: 0,
  });
});

test('after 410 nothing more is sent or kept', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({ status: 410 });
  const queue = createTelemetryQueue(store, collector);
  await recordProfile(store, profile(1));
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 0, sent: 0, lost: 1 });
  await recordProfile(store, profile(1));
  await queue.flush({ force: true });
  expect(collector.requests).toHaveLength(1);
  expect(await store.listValues('telemetry:window:')).toEqual([]);
});

test('open windows are lost too after 410, and the loss is counted', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({ status: 410 });
  const queue = createTelemetryQueue(store, collector);
  for (const age of [800, 2, 1]) await recordProfile(store, profile(1, { hour: NOW_HOUR - age }));
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 0, lost: 3 });
  await recordProfile(store, profile(1));
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 0, lost: 3 });
});

test('a collector that does not answer holds up one attempt, not the queue', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push('hang');
  await recordProfile(store, profile(1));
  await seal(store);
  const [batch] = await store.listBatches();
  expect(await uploadBatch(collector, batch!, 0, 50)).toMatchObject({ kind: 'later' });
});

test('counts that arrive while a batch is made are in the next one', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await recordProfile(store, profile(5));
  let records = 2;
  const busy: ModelStore = {
    ...store,
    async addBatch(...batch) {
      if (records-- > 0) await recordProfile(store, profile(1));
      return store.addBatch(...batch);
    },
  };
  await createTelemetryQueue(busy, collector).flush({ force: false });
  await createTelemetryQueue(busy, collector).flush({ force: false });
  expect(collector.counted()).toBe(7);
});

test('over many page loads waiting counts merge: one batch is sealed, the rest stay in windows', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push(...Array.from({ length: 30 }, () => ({ status: 503 })));
  for (let page = 0; page < 30; page += 1) {
    for (const model of ['digits', 'words'])
      await recordProfile(store, profile(1, { model, hour: NOW_HOUR - (page % 3) }));
    expect(await createTelemetryQueue(store, collector).flush({ force: false })).toMatchObject({
      queued: 1,
      lost: 0,
    });
  }
  expect(new Set(collector.requests.map(({ record }) => record)).size).toBe(1);
  expect(await openWindows(store)).toHaveLength(6);
  expect(await createTelemetryQueue(store, collector).flush({ force: false })).toEqual({
    queued: 0,
    sent: 2,
    lost: 0,
  });
  expect(collector.counted()).toBe(60);
});

test('beyond the limit the oldest windows are given up, and reported with the next upload', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const counters = createCounters(
    buildReference({
      features: Array.from({ length: 64 }, (_, f) => ({
        name: `f${f}`,
        kind: 'categorical' as const,
        values: WORDS,
        maxVocabulary: WORDS.length,
      })),
    }),
  );
  const EVERY = 18;
  counters.observePrediction();
  for (let f = 0; f < 64; f += 1) for (const word of WORDS) counters.observeFeature(f, word);
  const busy = counters.snapshot(profile(0).key);
  collector.answers.push({ status: 503 });
  await recordProfile(store, profile(1, { hour: NOW_HOUR - 40 * EVERY }));
  for (let age = 39; age >= 0; age -= 1)
    await recordProfile(store, { ...busy, key: { ...busy.key, hour: NOW_HOUR - EVERY * age } });
  const bytes = async () =>
    (await openWindows(store)).reduce((sum, { value }) => sum + value.byteLength, 0);
  expect(await bytes()).toBeGreaterThan(8 * 1024 * 1024);
  const queue = createTelemetryQueue(store, collector);
  const { lost } = await queue.flush({ force: true });
  expect(lost).toBeGreaterThan(1);
  expect(await bytes()).toBeLessThanOrEqual(8 * 1024 * 1024);
  await queue.flush({ force: true });
  expect(collector.received.reduce((sum, batch) => sum + (batch.lost['queue-full'] ?? 0), 0)).toBe(
    lost,
  );
  // The oldest windows were dropped, and not the sealed batch.
  expect(
    collector.received
      .flatMap(({ profiles }) => profiles)
      .map(({ key }) => (NOW_HOUR - key.hour) / EVERY)
      .toSorted((a, b) => b - a),
  ).toEqual(Array.from({ length: 41 - lost }, (_, i) => 40 - lost - i));
});

test('losses that a refused batch was to report are reported by the next batch', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({ status: 422 }, { status: 422 });
  const queue = createTelemetryQueue(store, collector);
  for (const predictions of [1, 2, 3]) {
    await recordProfile(store, profile(predictions));
    await queue.flush({ force: false });
  }
  expect(collector.received.map(({ lost }) => lost)).toEqual([{ refused: 2 }]);
});

test('two flushes of the same store at the same time count everything once', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await recordProfile(store, profile(5));
  await Promise.all(
    [1, 2, 3].map(() => createTelemetryQueue(store, collector).flush({ force: false })),
  );
  expect(collector.counted()).toBe(5);
  expect(new Set(collector.received.map(({ batchId }) => batchId)).size).toBe(1);
});

test('a month offline goes out in batches a collector can take', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  for (let age = 719; age >= 0; age -= 1)
    await recordProfile(store, profile(1, { hour: NOW_HOUR - age }));
  await createTelemetryQueue(store, collector).flush({ force: false });
  expect(collector.received.map(({ profiles }) => profiles.length)).toEqual([
    48, 200, 200, 200, 72,
  ]);
  expect(collector.counted()).toBe(720);
});

test('windows that are too old for any collector are sealed apart, so nothing else is refused with them', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  for (const age of [800, 745, 744, 743, 1, 0])
    await recordProfile(store, profile(1, { hour: NOW_HOUR - age }));
  collector.answers.push({ status: 422 });
  const queue = createTelemetryQueue(store, collector);
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 2, lost: 0 });
  expect(
    collector.received.map(({ profiles }) => profiles.map(({ key }) => NOW_HOUR - key.hour)),
  ).toEqual([[1, 0], [743]]);
  expect(collector.received[0]?.lost).toEqual({ refused: 1 });
});

test('while a collector takes no old windows, fresh ones are sent, and old ones stay until it does', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push(
    { status: 202 },
    {
      status: 429,
      headers: { 'retry-after': '3600' },
      body: JSON.stringify({ error: { code: 'OLD_WINDOWS_LIMITED', message: '' } }),
    },
  );
  const queue = createTelemetryQueue(store, collector);
  for (let age = 300; age >= 0; age -= 1)
    await recordProfile(store, profile(1, { hour: NOW_HOUR - age }));
  // The first old batch is sealed; the rest of the old windows stay open.
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 1, sent: 1 });
  expect([collector.counted(), (await openWindows(store)).length]).toEqual([48, 53]);
  await recordProfile(store, profile(2, { hour: NOW_HOUR }));
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 1, sent: 2 });
  expect([collector.counted(), collector.requests.length]).toEqual([50, 3]);
  passTime(3_601_000);
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 0, lost: 0 });
  expect(collector.counted()).toBe(303);
});

test('windows of a clock that ran ahead are sealed apart, so nothing else is refused with them', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  for (const ahead of [-800, 0, 24, 25, 26, 5_000])
    await recordProfile(store, profile(1, { hour: NOW_HOUR + ahead }));
  collector.answers.push({ status: 422 }, { status: 422 });
  const queue = createTelemetryQueue(store, collector);
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
  expect(collector.received[0]?.profiles.map(({ key }) => key.hour - NOW_HOUR)).toEqual([0, 24]);
  expect(collector.received[0]?.lost).toEqual({ refused: 2 });
});

test('windows of a model with very many bins go out in batches a collector can unpack', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const counters = createCounters(
    buildReference({
      features: Array.from({ length: 50 }, (_, f) => ({
        name: `f${f}`,
        kind: 'categorical' as const,
        values: WORDS,
        maxVocabulary: WORDS.length,
      })),
    }),
  );
  for (let hour = 0; hour < 60; hour += 1) {
    counters.observePrediction();
    for (let f = 0; f < 50; f += 1) counters.observeFeature(f, '0');
    await recordProfile(store, counters.snapshot({ ...profile(0).key, hour: NOW_HOUR - hour }));
  }
  await createTelemetryQueue(store, collector).flush({ force: false });
  expect(collector.received.length).toBeGreaterThan(1);
  expect(collector.counted()).toBe(60);
});

test('a window that another version wrote is dropped and does not hold up the rest', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await store.putValue('telemetry:window:broken', new Uint8Array([99, 1, 2]));
  await recordProfile(store, profile(5));
  await createTelemetryQueue(store, collector).flush({ force: false });
  expect(collector.counted()).toBe(5);
  expect(await store.listValues('telemetry:window:')).toEqual([]);
});

test('the preview shows what is counted and what waits, and changes neither', async () => {
  const store = createMemoryStore();
  await recordProfile(store, profile(5));
  await seal(store);
  await recordProfile(store, profile(2));
  const preview = (await previewTelemetry(store)) as {
    next: { predictions: number }[];
    queued: { batchId: string; profiles: { predictions: number }[] }[];
  };
  expect(preview.next).toMatchObject([{ predictions: 2 }]);
  expect(preview.queued).toMatchObject([
    { batchId: (await store.listBatches())[0]?.batchId, profiles: [{ predictions: 5 }] },
  ]);
  expect(await store.listValues('telemetry:window:')).toHaveLength(1);
});

test('records of one window add up whatever their order', async () => {
  const store = createMemoryStore();
  await Promise.all([profile(2), profile(3)].map((part) => recordProfile(store, part)));
  await seal(store);
  const [{ bytes, gzip } = { bytes: new Uint8Array(), gzip: false }] = await store.listBatches();
  const { profiles } = decodeBatch(gzip ? await gunzip(bytes, 1e6, 'batch') : bytes);
  expect(profiles[0]?.predictions).toBe(mergeProfiles(profile(3), profile(2)).predictions);
});

test('the truth of a prediction can be reported once, also after a reload, for 30 days', async () => {
  const store = createMemoryStore();
  await Promise.all([
    rememberPredictions(store, 'digits', [
      ['a-1', 1],
      ['a-2', 2],
    ]),
    rememberPredictions(store, 'digits', [['b-1', 3]]),
  ]);
  const take = (model: string, id: string) => takePrediction(store, model, id);
  expect(await take('digits', 'a-2')).toEqual({ value: 2 });
  expect(await take('digits', 'a-2')).toEqual({ missing: 'reported' });
  expect(await take('words', 'a-1')).toEqual({ missing: 'unknown' });
  expect(await take('digits', 'no id at all')).toEqual({ missing: 'unknown' });
  expect(await take('digits', 'b-1')).toEqual({ value: 3 });
  passTime(31 * 86_400_000);
  expect(await take('digits', 'a-1')).toEqual({ missing: 'days' });
  // A write of another model drops the prediction. The error for its id still tells the reason.
  await rememberPredictions(store, 'words', [['c-1', 4.5]]);
  expect((await store.listValues('telemetry:truth:')).map((key) => key.split(':')[2])).toEqual([
    'words',
  ]);
  expect(await take('digits', 'a-1')).toEqual({ missing: 'days' });
  expect(await take('words', 'c-1')).toEqual({ value: 4.5 });
});

test('predictions that wait for a truth take 4 MiB at most; the oldest are given up', async () => {
  const store = createMemoryStore();
  const groupOf = (worker: string) =>
    Array.from({ length: 100_000 }, (_, i) => [`${worker}-${i.toString(36)}`, i] as const);
  for (const worker of ['a', 'b', 'c', 'd']) {
    passTime(1_000);
    await rememberPredictions(store, 'digits', groupOf(worker));
  }
  const kept = await store.getValues('telemetry:truth:');
  const bytes = kept.reduce(
    (sum, [key, value]) => sum + key.length + (value as Uint8Array).byteLength,
    0,
  );
  expect(bytes).toBeGreaterThan(3_600_000);
  expect(bytes).toBeLessThan(4 * 1024 * 1024);
  expect(await takePrediction(store, 'digits', 'a-1')).toEqual({ missing: 'bytes' });
  expect(await takePrediction(store, 'digits', 'b-255r')).toEqual({
    value: Number.parseInt('255r', 36),
  });
  expect(await takePrediction(store, 'digits', 'd-0')).toEqual({ value: 0 });
});

test('truths that are reported at the same time each take their own prediction', async () => {
  const store = createMemoryStore();
  await rememberPredictions(store, 'digits', [
    ['a-1', 1],
    ['a-2', 2],
    ['a-3', 3],
  ]);
  const take = (ids: readonly string[]) =>
    Promise.all(ids.map((id) => takePrediction(store, 'digits', id)));
  const all = ['a-1', 'a-2', 'a-3'];
  const values = [{ value: 1 }, { value: 2 }, { value: 3 }];
  // The group is deleted with its last prediction, so its ids are unknown.
  expect(await take([...all, 'a-1'])).toEqual([...values, { missing: 'unknown' }]);
  expect(await take(all)).toEqual(all.map(() => ({ missing: 'unknown' })));
});
