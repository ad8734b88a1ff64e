import { buildReference, createCounters } from '@perigee/profile';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { stableGroup } from './group.ts';
import { createCountKeeper } from './keep-counts.ts';
import { takePrediction } from './pending-ground-truth.ts';
import { forgetCounts, isSampled, mayCount, samplingExponent, setConsent } from './permission.ts';
import { previewTelemetry } from './preview.ts';
import { privatise } from './privatise.ts';
import { createTelemetryQueue } from './queue.ts';
import { HOUR, NOW_HOUR, profile, startCollector } from './telemetry.fixture.ts';

test("a device's group is drawn once, from 16", async () => {
  const store = createMemoryStore();
  const group = await stableGroup(store);
  expect(group).toBeGreaterThanOrEqual(0);
  expect(group).toBeLessThan(16);
  expect(await stableGroup(store)).toBe(group);
});

test('nothing is kept or sent before consent; consent covers no earlier count; withdrawal deletes', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const config = { url: collector.url, consent: 'required' } as const;
  const keeper = createCountKeeper(store, 'digits', '1.0.0', config);
  const queue = createTelemetryQueue(store, config);
  const keep = (sinceMs: number, predictions: number) =>
    keeper.keep([
      { sinceMs, profile: profile(predictions) },
      { sinceMs, predictions: [[`${sinceMs}-1`, 1]] },
    ]);
  await keep(Date.now(), 5);
  expect(await store.listValues('telemetry:')).toEqual([]);
  await queue.flush({ force: true });

  const before = Date.now() - 1;
  await setConsent(store, true);
  await keep(before, 7);
  await keep(Date.now() + 1, 11);
  await queue.flush({ force: true });
  expect(collector.counted()).toBe(11);

  await keep(Date.now() + 1, 13);
  await setConsent(store, false);
  await forgetCounts(store);
  expect(
    (await store.listValues('telemetry:')).filter((key) => !key.startsWith('telemetry:consent')),
  ).toEqual([]);
  await queue.flush({ force: true });
  expect(collector.counted()).toBe(11);
});

test('a browser whose user objects is not counted', async () => {
  vi.stubGlobal('navigator', { globalPrivacyControl: true });
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(await mayCount(createMemoryStore(), { url: 'http://127.0.0.1:1' })).toBe(false);
});

test('counts that the store refused are kept in order, each once, until the next write', async () => {
  const store = createMemoryStore();
  let broken = true;
  const faulty = {
    ...store,
    mergeProfile: (key: string, bytes: Uint8Array) =>
      broken ? Promise.reject(new Error('no room')) : store.mergeProfile(key, bytes),
  } as ModelStore;
  const keeper = createCountKeeper(faulty, 'digits', '1.0.0', { url: 'http://127.0.0.1:1' });
  await expect(keeper.keep([{ sinceMs: Date.now(), profile: profile(2) }])).rejects.toThrow(
    'no room',
  );
  await expect(
    keeper.keep([
      { sinceMs: Date.now(), profile: profile(3) },
      { sinceMs: Date.now(), predictions: [['a-1', 4]] },
    ]),
  ).rejects.toThrow('no room');
  expect(await takePrediction(store, 'digits@1.0.0', 'a-1')).toEqual({ missing: 'unknown' });
  broken = false;
  await keeper.keep([]);
  await keeper.keep([]);
  const [next] = ((await previewTelemetry(store)) as { next: { predictions: number }[] }).next;
  expect(next?.predictions).toBe(5);
  expect(await takePrediction(store, 'digits@1.0.0', 'a-1')).toEqual({ value: 4 });
  expect(await takePrediction(store, 'digits@1.1.0', 'a-1')).toEqual({ missing: 'unknown' });
});

test('counts given up after long store failures count as lost, except those awaiting a ground truth', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  let broken = true;
  const faulty = {
    ...store,
    mergeProfile: (key: string, bytes: Uint8Array) =>
      broken ? Promise.reject(new Error('no room')) : store.mergeProfile(key, bytes),
  } as ModelStore;
  const keeper = createCountKeeper(faulty, 'digits', '1.0.0', collector);
  const sinceMs = Date.now();
  const kept = (predictions: number) => ({
    sinceMs,
    profile: profile(predictions, { hour: NOW_HOUR }),
  });
  const surplus = [{ sinceMs, predictions: [['a-1', 4]] as const }, ...[100, 200, 300].map(kept)];
  await expect(
    keeper.keep([kept(1), ...surplus, ...Array.from({ length: 4_095 }, () => kept(1))]),
  ).rejects.toThrow('no room');
  expect(await store.listValues('telemetry:lost')).toEqual([]);
  broken = false;
  await keeper.keep([]);
  await keeper.keep([]);
  await createTelemetryQueue(store, collector).flush({ force: false });
  expect(collector.received).toMatchObject([
    { lost: { 'queue-full': 3 }, profiles: [{ predictions: 4_096 }] },
  ]);
});

test('a share of the devices sends, another one each day, with its sampling rate', async () => {
  expect([1, 0.5, 0.01, 1e-9].map((sampling) => samplingExponent({ url: '', sampling }))).toEqual([
    0, 1, 7, 20,
  ]);
  let [drawn, both] = [0, 0];
  for (let device = 0; device < 400; device += 1) {
    const store = createMemoryStore();
    const [first, second] = [await isSampled(store, 2, 100), await isSampled(store, 2, 101)];
    if (first) drawn += 1;
    if (first && second) both += 1;
    expect(await isSampled(store, 2, 100)).toBe(first);
  }
  // A quarter of the devices sends, and a quarter of those also the next day: ± 4 standard
  // deviations.
  expect(Math.abs(drawn - 100)).toBeLessThan(35);
  expect(both).toBeLessThan(50);
});

test('under local privacy one randomised observation of each histogram a day leaves, and nothing exact', async () => {
  const reference = buildReference({
    features: [{ name: 'x', kind: 'numeric', values: Array.from({ length: 320 }, (_, i) => i) }],
    output: { labels: ['a', 'b'], predictions: [{ labelIndex: 0, score: 1 }] },
  });
  const counters = createCounters(reference);
  counters.observeSession();
  for (let i = 0; i < 50; i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, 5);
    counters.observeOutput(0, 0.9);
    counters.observeLatency('total', 3);
  }
  counters.observeError('TIMEOUT');
  counters.observeGroundTruth(0, 1);
  const exact = counters.snapshot({
    model: 'digits',
    version: '1.0.0',
    reference: 'r',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 0,
    hour: HOUR,
  });
  let kept = 0;
  for (let run = 0; run < 2_000; run += 1) {
    const privatised = privatise(exact, 20);
    expect(
      [privatised.features[0]!.bins, privatised.labels, privatised.scores].map((bins) =>
        bins.reduce((a, b) => a + b, 0),
      ),
    ).toEqual([1, 1, 1]);
    if (privatised.features[0]!.bins[0] === 1) kept += 1;
    expect(privatised).toMatchObject({
      key: { privacy: 20 },
      predictions: 1,
      errors: {},
      sessions: { started: 0, failed: 0 },
      confusion: new Map(),
    });
  }
  // The expected share is e² / (e² + 31) = 19.2 %, ± 4 standard deviations.
  expect(Math.abs(kept / 2_000 - 0.1925)).toBeLessThan(0.036);

  const store = createMemoryStore();
  const keeper = createCountKeeper(store, 'digits', '1.0.0', {
    url: '',
    localPrivacy: { epsilon: 2 },
  });
  await Promise.all([
    keeper.keep([{ sinceMs: HOUR * 3_600_000, profile: exact }]),
    keeper.keep([{ sinceMs: HOUR * 3_600_000, profile: exact }]),
  ]);
  const { next } = (await previewTelemetry(store)) as { next: { predictions: number }[] };
  expect(next.map(({ predictions }) => predictions)).toEqual([1]);
});
