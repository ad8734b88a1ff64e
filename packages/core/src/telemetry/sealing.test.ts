import { buildReference, createCounters, decodeBatch, mergeProfiles } from '@perigee/profile';
import { gunzip } from '@perigee/registry';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { createTelemetryQueue } from './queue.ts';
import { recordProfile } from './record.ts';
import { openWindows } from './seal.ts';
import { NOW_HOUR, profile, seal, startCollector } from './telemetry.fixture.ts';

/** The most words that a feature may have. */
const WORDS = Array.from({ length: 4_000 }, (_, i) => String(i));

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

test('records of one window add up whatever their order', async () => {
  const store = createMemoryStore();
  await Promise.all([profile(2), profile(3)].map((part) => recordProfile(store, part)));
  await seal(store);
  const [{ bytes, gzip } = { bytes: new Uint8Array(), gzip: false }] = await store.listBatches();
  const { profiles } = decodeBatch(gzip ? await gunzip(bytes, 1e6, 'batch') : bytes);
  expect(profiles[0]?.predictions).toBe(mergeProfiles(profile(3), profile(2)).predictions);
});
