import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { createTelemetryQueue } from './queue.ts';
import { recordProfile } from './record.ts';
import { openWindows } from './seal.ts';
import { NOW_HOUR, passTime, profile, seal, startCollector } from './telemetry.fixture.ts';
import { uploadBatch } from './upload.ts';

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
  passTime(7_100_000);
  await queue.flush({ force: false });
  expect(collector.requests).toHaveLength(1);
  passTime(200_000);
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

test('a device that is refused old windows, but has none by its own clock, waits with all', async () => {
  const [collector, store] = [await startCollector(), createMemoryStore()];
  collector.answers.push({
    status: 429,
    headers: { 'retry-after': '3600' },
    body: JSON.stringify({ error: { code: 'OLD_WINDOWS_LIMITED', message: '' } }),
  });
  const queue = createTelemetryQueue(store, collector);
  await recordProfile(store, profile(1, { hour: NOW_HOUR - 1 }));
  for (let i = 0; i < 3; i += 1)
    expect(await queue.flush({ force: false })).toMatchObject({ queued: 1, sent: 0 });
  expect(collector.requests).toHaveLength(1);
  passTime(3_601_000);
  expect(await queue.flush({ force: false })).toMatchObject({ queued: 0, sent: 1 });
});
