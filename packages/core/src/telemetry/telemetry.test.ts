import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildReference, createCounters, decodeBatch, decodeFrame, mergeProfiles } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { gunzip } from '@perigee/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { stableGroup } from './group.ts';
import { createCountKeeper } from './keep-counts.ts';
import { recallPrediction, rememberPredictions } from './pending-truth.ts';
import { forgetCounts, isSampled, mayCount, samplingExponent, setConsent } from './permission.ts';
import { previewTelemetry } from './preview.ts';
import { privatise } from './privatise.ts';
import { createTelemetryQueue } from './queue.ts';
import { recordProfile } from './record.ts';
import { inBatches, openWindows, sealWindows } from './seal.ts';
import { uploadBatch } from './upload.ts';

const HOUR = 490_000;
const NOW_HOUR = Math.floor(Date.now() / 3_600_000);

/** As many as a feature may have. */
const WORDS = Array.from({ length: 4_000 }, (_, i) => String(i));

function profile(predictions: number, { model = 'digits', hour = HOUR } = {}): Profile {
  const counters = createCounters(null);
  for (let i = 0; i < predictions; i += 1) counters.observePrediction();
  return counters.snapshot({ model, version: '1.0.0', reference: '', backend: 'wasm', browser: 'chromium', segment: '', sampling: 0, privacy: 0, group: 3, hour });
}

interface CollectorFixture {
  readonly url: string;
  readonly received: SealedBatch[];
  readonly requests: { readonly contentType: string | undefined; readonly cookie: string | undefined; readonly sentAtMs: number; readonly record: string }[];
  /** Answers for the next uploads, in order; 202 after them. `lose`: it is counted, the answer never arrives. */
  readonly answers: ({ readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | 'lose' | 'hang')[];
  /** Predictions, each batch counted once. */
  counted(): number;
}

async function startCollector(): Promise<CollectorFixture> {
  const received: SealedBatch[] = [];
  const requests: CollectorFixture['requests'] = [];
  const answers: CollectorFixture['answers'] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { sentAtMs, gzip, record } = decodeFrame(new Uint8Array(Buffer.concat(parts)));
    requests.push({ contentType: request.headers['content-type'], cookie: request.headers.cookie, sentAtMs, record: Buffer.from(record).toString('hex') });
    const answer = answers.shift() ?? { status: 202 };
    if (answer === 'lose' || answer === 'hang' || answer.status < 300) received.push(decodeBatch(gzip ? await gunzip(record, 1e7, 'batch') : record));
    if (answer === 'lose') return void response.destroy();
    if (answer === 'hang') return;
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    requests,
    answers,
    counted: () => [...new Map(received.map((batch) => [batch.batchId, batch])).values()].flatMap(({ profiles }) => profiles).reduce((sum, { predictions }) => sum + predictions, 0),
  };
}

/** As a flush does, but sends nothing. */
async function seal(store: ModelStore): Promise<void> {
  for (const windows of inBatches(await openWindows(store))) await sealWindows(store, windows);
}

/** What waits for more than a second is due. */
function passTime(ms: number): void {
  const now = Date.now() + ms;
  vi.spyOn(Date, 'now').mockReturnValue(now);
  onTestFinished(() => void vi.restoreAllMocks());
}

test('what was recorded arrives as one batch, and the queue is empty', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await recordProfile(store, profile(2));
  await recordProfile(store, profile(3));
  await recordProfile(store, profile(4, { model: 'words' }));
  const queue = createTelemetryQueue(store, collector);
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
  expect(collector.received).toHaveLength(1);
  expect(collector.received[0]?.profiles.map(({ key, predictions }) => [key.model, predictions])).toEqual([['digits', 5], ['words', 4]]);
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
  // Another page, later: nothing of the first lives on but the store.
  passTime(60_000);
  expect(await createTelemetryQueue(store, collector).flush({ force: false })).toMatchObject({ queued: 0, sent: 2 });
  expect(collector.requests[1]?.record).toBe(collector.requests[0]?.record);
  expect(collector.requests[1]?.sentAtMs).toBeGreaterThan(collector.requests[0]?.sentAtMs ?? Infinity);
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

test.each([400, 413, 422])('a batch refused with %i is given up, counted, and told with the next one', async (status) => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({ status });
  const queue = createTelemetryQueue(store, collector);
  await recordProfile(store, profile(1));
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 0, lost: 1 });
  await recordProfile(store, profile(2));
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
  expect(collector.received[0]).toMatchObject({ lost: { refused: 1 } });
});

test.each([
  ['404 of a collector being moved', { status: 404 }],
  ['403 of a firewall', { status: 403 }],
  ['503', { status: 503 }],
  ['200 of a login page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in' }],
])('%s loses nothing', async (_, answer) => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push(answer);
  await recordProfile(store, profile(1));
  expect(await createTelemetryQueue(store, collector).flush({ force: false })).toEqual({ queued: 1, sent: 0, lost: 0 });
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

test('what was not sealed yet when 410 came is lost, too, and counted', async () => {
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

test('what is counted while a batch is being made is in the next one', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await recordProfile(store, profile(5));
  let records = 2;
  const busy: ModelStore = { ...store, async addBatch(...batch) {
    if (records-- > 0) await recordProfile(store, profile(1));
    return store.addBatch(...batch);
  } };
  await createTelemetryQueue(busy, collector).flush({ force: false });
  await createTelemetryQueue(busy, collector).flush({ force: false });
  expect(collector.counted()).toBe(7);
});

test('what waits merges, however often a page is opened: one batch is sealed, the rest stays in its windows', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push(...Array.from({ length: 30 }, () => ({ status: 503 })));
  for (let page = 0; page < 30; page += 1) {
    for (const model of ['digits', 'words']) await recordProfile(store, profile(1, { model, hour: NOW_HOUR - (page % 3) }));
    expect(await createTelemetryQueue(store, collector).flush({ force: false })).toMatchObject({ queued: 1, lost: 0 });
  }
  expect(new Set(collector.requests.map(({ record }) => record)).size).toBe(1);
  expect(await openWindows(store)).toHaveLength(6);
  expect(await createTelemetryQueue(store, collector).flush({ force: false })).toEqual({ queued: 0, sent: 2, lost: 0 });
  expect(collector.counted()).toBe(60);
});

test('beyond what may wait the oldest is given up, and told once something gets through', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const counters = createCounters(buildReference({ features: Array.from({ length: 64 }, (_, f) => ({ name: `f${f}`, kind: 'categorical' as const, values: WORDS, maxVocabulary: WORDS.length })) }));
  const EVERY = 18;
  counters.observePrediction();
  for (let f = 0; f < 64; f += 1) for (const word of WORDS) counters.observeFeature(f, word);
  const busy = counters.snapshot(profile(0).key);
  collector.answers.push({ status: 503 });
  await recordProfile(store, profile(1, { hour: NOW_HOUR - 40 * EVERY }));
  for (let age = 39; age >= 0; age -= 1) await recordProfile(store, { ...busy, key: { ...busy.key, hour: NOW_HOUR - EVERY * age } });
  const bytes = async () => (await openWindows(store)).reduce((sum, { value }) => sum + value.byteLength, 0);
  expect(await bytes()).toBeGreaterThan(8 * 1024 * 1024);
  const queue = createTelemetryQueue(store, collector);
  const { lost } = await queue.flush({ force: true });
  expect(lost).toBeGreaterThan(1);
  expect(await bytes()).toBeLessThanOrEqual(8 * 1024 * 1024);
  await queue.flush({ force: true });
  expect(collector.received.reduce((sum, batch) => sum + (batch.lost['queue-full'] ?? 0), 0)).toBe(lost);
  // The batch that was sealed, then the oldest windows.
  expect(collector.received.flatMap(({ profiles }) => profiles).map(({ key }) => (NOW_HOUR - key.hour) / EVERY).toSorted((a, b) => b - a)).toEqual(Array.from({ length: 41 - lost }, (_, i) => 40 - lost - i));
});

test('what a batch was to tell as lost is told by the next when it is refused itself', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({ status: 422 }, { status: 422 });
  const queue = createTelemetryQueue(store, collector);
  for (const predictions of [1, 2, 3]) {
    await recordProfile(store, profile(predictions));
    await queue.flush({ force: false });
  }
  expect(collector.received.map(({ lost }) => lost)).toEqual([{ refused: 2 }]);
});

test('two that flush the same store at the same time count everything once', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  await recordProfile(store, profile(5));
  await Promise.all([1, 2, 3].map(() => createTelemetryQueue(store, collector).flush({ force: false })));
  expect(collector.counted()).toBe(5);
  expect(new Set(collector.received.map(({ batchId }) => batchId)).size).toBe(1);
});

test('a month offline goes out in batches a collector can take', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  for (let age = 719; age >= 0; age -= 1) await recordProfile(store, profile(1, { hour: NOW_HOUR - age }));
  await createTelemetryQueue(store, collector).flush({ force: false });
  expect(collector.received.map(({ profiles }) => profiles.length)).toEqual([200, 200, 200, 120]);
  expect(collector.counted()).toBe(720);
});

test('what is too old for any collector is sealed apart: refused, it takes nothing else along', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  for (const age of [800, 745, 744, 743, 1, 0]) await recordProfile(store, profile(1, { hour: NOW_HOUR - age }));
  collector.answers.push({ status: 422 });
  const queue = createTelemetryQueue(store, collector);
  expect(await queue.flush({ force: false })).toEqual({ queued: 0, sent: 1, lost: 0 });
  expect(collector.received[0]?.profiles.map(({ key }) => NOW_HOUR - key.hour)).toEqual([743, 1, 0]);
  expect(collector.received[0]?.lost).toEqual({ refused: 1 });
});

test('windows of a model with very many bins go out in batches a collector can unpack', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const counters = createCounters(buildReference({ features: Array.from({ length: 50 }, (_, f) => ({ name: `f${f}`, kind: 'categorical' as const, values: WORDS, maxVocabulary: WORDS.length })) }));
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
  const preview = await previewTelemetry(store) as { next: { predictions: number }[]; queued: { batchId: string; profiles: { predictions: number }[] }[] };
  expect(preview.next).toMatchObject([{ predictions: 2 }]);
  expect(preview.queued).toMatchObject([{ batchId: (await store.listBatches())[0]?.batchId, profiles: [{ predictions: 5 }] }]);
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

test("a device's group is drawn once, from 16", async () => {
  const store = createMemoryStore();
  const group = await stableGroup(store);
  expect(group).toBeGreaterThanOrEqual(0);
  expect(group).toBeLessThan(16);
  expect(await stableGroup(store)).toBe(group);
});

test('the truth of a prediction can be told once, also after a reload, for 30 days', async () => {
  const store = createMemoryStore();
  await Promise.all([rememberPredictions(store, 'digits', [['a', 1], ['b', 2]]), rememberPredictions(store, 'digits', [['c', 3]])]);
  expect(await recallPrediction(store, 'digits', 'b')).toBe(2);
  expect(await recallPrediction(store, 'digits', 'b')).toBeUndefined();
  expect(await recallPrediction(store, 'words', 'a')).toBeUndefined();
  expect(await recallPrediction(store, 'digits', 'c')).toBe(3);
  passTime(31 * 86_400_000);
  await rememberPredictions(store, 'digits', [['d', 4]]);
  expect(await recallPrediction(store, 'digits', 'a')).toBeUndefined();
  expect(await recallPrediction(store, 'digits', 'd')).toBe(4);
});

test('truths told at the same time take each its own prediction, and put no other back', async () => {
  const store = createMemoryStore();
  await rememberPredictions(store, 'digits', [['a', 1], ['b', 2], ['c', 3]]);
  expect(await Promise.all(['a', 'b', 'c', 'a'].map((id) => recallPrediction(store, 'digits', id)))).toEqual([1, 2, 3, undefined]);
  expect(await Promise.all(['a', 'b', 'c'].map((id) => recallPrediction(store, 'digits', id)))).toEqual([undefined, undefined, undefined]);
});

test('before consent nothing is sent, nor kept; what was counted before it is not covered by it; withdrawal deletes', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  const config = { url: collector.url, consent: 'required' } as const;
  const keeper = createCountKeeper(store, 'digits', '1.0.0', config);
  const queue = createTelemetryQueue(store, config);
  const keep = (sinceMs: number, predictions: number) => keeper.keep([{ sinceMs, profile: profile(predictions) }, { sinceMs, predictions: [[`id-${sinceMs}`, 1]] }]);
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
  expect((await store.listValues('telemetry:')).filter((key) => !key.startsWith('telemetry:consent'))).toEqual([]);
  await queue.flush({ force: true });
  expect(collector.counted()).toBe(11);
});

test('a browser whose user objects is not counted', async () => {
  vi.stubGlobal('navigator', { globalPrivacyControl: true });
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(await mayCount(createMemoryStore(), { url: 'http://127.0.0.1:1' })).toBe(false);
});

test('what the store did not take is kept, in order, each once; the next write takes it', async () => {
  const store = createMemoryStore();
  let broken = true;
  const faulty = { ...store, mergeProfile: (key: string, bytes: Uint8Array) => (broken ? Promise.reject(new Error('no room')) : store.mergeProfile(key, bytes)) } as ModelStore;
  const keeper = createCountKeeper(faulty, 'digits', '1.0.0', { url: 'http://127.0.0.1:1' });
  await expect(keeper.keep([{ sinceMs: Date.now(), profile: profile(2) }])).rejects.toThrow('no room');
  await expect(keeper.keep([{ sinceMs: Date.now(), profile: profile(3) }, { sinceMs: Date.now(), predictions: [['a', 4]] }])).rejects.toThrow('no room');
  expect(keeper.find('a')).toBe(4);
  broken = false;
  await keeper.keep([]);
  await keeper.keep([]);
  const [next] = ((await previewTelemetry(store)) as { next: { predictions: number }[] }).next;
  expect(next?.predictions).toBe(5);
  expect(await recallPrediction(store, 'digits@1.0.0', 'a')).toBe(4);
  expect(await recallPrediction(store, 'digits@1.1.0', 'a')).toBeUndefined();
});

test('what is given up because the store took nothing for long is counted as lost, but for what waits for a truth', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  let broken = true;
  const faulty = { ...store, mergeProfile: (key: string, bytes: Uint8Array) => (broken ? Promise.reject(new Error('no room')) : store.mergeProfile(key, bytes)) } as ModelStore;
  const keeper = createCountKeeper(faulty, 'digits', '1.0.0', collector);
  const sinceMs = Date.now();
  const kept = (predictions: number) => ({ sinceMs, profile: profile(predictions, { hour: NOW_HOUR }) });
  const surplus = [{ sinceMs, predictions: [['a', 4]] as const }, ...[100, 200, 300].map(kept)];
  await expect(keeper.keep([kept(1), ...surplus, ...Array.from({ length: 4_095 }, () => kept(1))])).rejects.toThrow('no room');
  expect(await store.listValues('telemetry:lost')).toEqual([]);
  broken = false;
  await keeper.keep([]);
  await keeper.keep([]);
  await createTelemetryQueue(store, collector).flush({ force: false });
  expect(collector.received).toMatchObject([{ lost: { 'queue-full': 3 }, profiles: [{ predictions: 4_096 }] }]);
});

test('a share of the devices sends, another one each day, and says for how many it stands', async () => {
  expect([1, 0.5, 0.01, 1e-9].map((sampling) => samplingExponent({ url: '', sampling }))).toEqual([0, 1, 7, 20]);
  let [drawn, both] = [0, 0];
  for (let device = 0; device < 400; device += 1) {
    const store = createMemoryStore();
    const [first, second] = [await isSampled(store, 2, 100), await isSampled(store, 2, 101)];
    if (first) drawn += 1;
    if (first && second) both += 1;
    expect(await isSampled(store, 2, 100)).toBe(first);
  }
  // A quarter, and of those a quarter: ± 4 standard deviations.
  expect(Math.abs(drawn - 100)).toBeLessThan(35);
  expect(both).toBeLessThan(50);
});

test('under local privacy one randomised observation of each histogram a day leaves, and nothing exact', async () => {
  const reference = buildReference({ features: [{ name: 'x', kind: 'numeric', values: Array.from({ length: 320 }, (_, i) => i) }], output: { labels: ['a', 'b'], predictions: [{ labelIndex: 0, score: 1 }] } });
  const counters = createCounters(reference);
  counters.observeSession();
  for (let i = 0; i < 50; i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, 5);
    counters.observeOutput(0, 0.9);
    counters.observeLatency('total', 3);
  }
  counters.observeError('TIMEOUT');
  counters.observeTruth(0, 1);
  const exact = counters.snapshot({ model: 'digits', version: '1.0.0', reference: 'r', backend: 'wasm', browser: 'chromium', segment: '', sampling: 0, privacy: 0, group: 0, hour: HOUR });
  let kept = 0;
  for (let run = 0; run < 2_000; run += 1) {
    const told = privatise(exact, 20);
    expect([told.features[0]!.bins, told.labels, told.scores].map((bins) => bins.reduce((a, b) => a + b, 0))).toEqual([1, 1, 1]);
    if (told.features[0]!.bins[0] === 1) kept += 1;
    expect(told).toMatchObject({ key: { privacy: 20 }, predictions: 1, errors: {}, sessions: { started: 0, failed: 0 }, confusion: new Map() });
  }
  // e² / (e² + 31) = 19.2 %, ± 4 standard deviations.
  expect(Math.abs(kept / 2_000 - 0.1925)).toBeLessThan(0.036);

  const store = createMemoryStore();
  const keeper = createCountKeeper(store, 'digits', '1.0.0', { url: '', localPrivacy: { epsilon: 2 } });
  await Promise.all([keeper.keep([{ sinceMs: HOUR * 3_600_000, profile: exact }]), keeper.keep([{ sinceMs: HOUR * 3_600_000, profile: exact }])]);
  const { next } = (await previewTelemetry(store)) as { next: { predictions: number }[] };
  expect(next.map(({ predictions }) => predictions)).toEqual([1]);
});
