import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startCollector } from '@perigee/collector';
import { buildReference, createCounters, encodeFrame } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { parseRules } from './alerts/rules.ts';
import type { AlertsAnswer, ModelsAnswer } from './api.ts';
import {
  batchId,
  digitsProfile,
  NOW_HOUR,
  predictionsOf,
  publishModels,
  start,
  upload,
} from './collector.fixture.ts';
import { openDriver } from './store/sqlite/driver.ts';

publishModels();

test('an upload is acknowledged and shown; a repeat succeeds and is not counted again', async () => {
  const collector = await start();
  const sealed = batchId();
  const first = await collector.post(upload([digitsProfile(20)], sealed));
  expect(first.status).toBe(202);
  expect(await first.json()).toEqual({ ack: [sealed], duplicate: false });
  expect(await (await collector.post(upload([digitsProfile(20)], sealed))).json()).toEqual({
    ack: [sealed],
    duplicate: true,
  });
  expect(await predictionsOf(collector)).toBe(20);
});

test('acknowledged uploads are still counted after a restart of the collector', async () => {
  const first = await start();
  expect((await first.post(upload([digitsProfile(5)]))).status).toBe(202);
  await first.close();
  expect(await predictionsOf(await start({ dataDir: first.dataDir }))).toBe(5);
});

test('many uploads at the same time are all counted', async () => {
  const collector = await start();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => collector.post(upload([digitsProfile(3)]))),
  );
  expect(answers.every(({ status }) => status === 202)).toBe(true);
  expect(await predictionsOf(collector)).toBe(300);
});

test.each([
  ['an empty body', () => new Uint8Array(), 400],
  ['bytes of no frame', () => new TextEncoder().encode('hello there, this is no frame'), 400],
  ['a truncated batch', () => upload([digitsProfile(5)]).slice(0, -20), 400],
  [
    'a gzip bomb',
    () => encodeFrame({ sentAtMs: 1, gzip: true, record: gzipSync(Buffer.alloc(20_000_000)) }),
    413,
  ],
  ['too large a body', () => new Uint8Array(300 * 1024), 413],
  ['a batch without profiles', () => upload([]), 422],
  [
    'an unknown model',
    () => upload([{ ...digitsProfile(5), key: { ...digitsProfile(5).key, model: 'nobody' } }]),
    422,
  ],
  [
    'another reference',
    () =>
      upload([
        { ...digitsProfile(5), key: { ...digitsProfile(5).key, reference: '0000000000000000' } },
      ]),
    422,
  ],
  ['a window of next year', () => upload([digitsProfile(5, 0, NOW_HOUR + 24 * 365)]), 422],
  ['a window of last year', () => upload([digitsProfile(5, 0, NOW_HOUR - 24 * 365)]), 422],
  [
    'more observations than predictions',
    () => upload([{ ...digitsProfile(5), predictions: 1 }]),
    422,
  ],
  ['absurd counts', () => upload([{ ...digitsProfile(5), predictions: 4e9 }]), 422],
])('%s is refused with a code and counted nowhere', async (_what, make, status) => {
  const collector = await start();
  const answer = await collector.post(make());
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({
    error: { code: expect.any(String) as string, message: expect.any(String) as string },
  });
  expect(await predictionsOf(collector)).toBe(0);
});

test('an address that sends too often gets 429 with Retry-After', async () => {
  const collector = await start({ uploadsPerMinute: 2 });
  const answers = [];
  for (let i = 0; i < 3; i += 1) answers.push(await collector.post(upload([digitsProfile(1)])));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
  expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a store that cannot be written to is answered with 503 and Retry-After; a retry is counted', async () => {
  const errors: unknown[] = [];
  const collector = await start({ logger: { error: (error: unknown) => void errors.push(error) } });
  const other = openDriver(join(collector.dataDir, 'collector.sqlite'));
  other.exec('BEGIN EXCLUSIVE');
  const body = upload([digitsProfile(4)]);
  const refused = await collector.post(body);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(errors).toHaveLength(1);
  const statusOf = async (path: string) => (await fetch(new URL(path, collector.url))).status;
  // A restart would not help.
  expect([await statusOf('v1/health'), await statusOf('v1/live')]).toEqual([503, 200]);
  other.exec('ROLLBACK');
  other.close();
  expect((await collector.post(body)).status).toBe(202);
  expect(await predictionsOf(collector)).toBe(4);
});

test('ground truth of many labels adds up over several uploads', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-cells-'));
  const collector = await startCollector({ port: 0, dataDir });
  onTestFinished(() => collector.close());
  const labels = Array.from({ length: 300 }, (_, i) => String(i));
  const counters = createCounters(
    buildReference({
      features: [],
      output: { labels, predictions: [{ labelIndex: 0, score: 1 }] },
    }),
  );
  for (const first of [0, 40_000]) {
    counters.observePrediction();
    for (let cell = first; cell < first + 40_000; cell += 1)
      counters.observeGroundTruth(Math.floor(cell / 300), cell % 300);
    const profile = counters.snapshot({
      model: 'm',
      version: '1.0.0',
      reference: 'r',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: 0,
      hour: Math.floor(Date.now() / 3_600_000),
    });
    expect(
      (
        await fetch(new URL('v1/profiles', collector.url), {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: upload([profile]) as BodyInit,
        })
      ).status,
    ).toBe(202);
  }
  const { models } = (await (
    await fetch(new URL('v1/models', collector.url))
  ).json()) as ModelsAnswer;
  expect(models[0]?.versions[0]?.labelled?.count).toBe(80_000);
});

test('uploads that are refused because of their reference open an alert', async () => {
  const collector = await start({
    everyMs: 20,
    rules: parseRules('{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}'),
  });
  const other = {
    ...digitsProfile(20),
    key: { ...digitsProfile(20).key, reference: '0'.repeat(16) },
  };
  for (let i = 0; i < 20; i += 1)
    expect((await collector.post(upload([digitsProfile(20)]))).status).toBe(202);
  for (let i = 0; i < 20; i += 1) expect((await collector.post(upload([other]))).status).toBe(422);
  const alerts = async () =>
    (await collector.get<AlertsAnswer>('v1/alerts')).alerts.filter(
      ({ rule }) => rule === 'schema-mismatch',
    );
  await expect
    .poll(alerts)
    .toMatchObject([{ model: 'digits', version: '1.0.0', effect: { value: 0.5 } }]);
});
