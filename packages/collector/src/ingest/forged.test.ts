import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { CollectorOptions, ModelsAnswer, OverviewAnswer } from '@perigee/collector';
import type { Losses, Profile } from '@perigee/profile';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { deviceHour, NOW_HOUR, postTo, uploadOf } from './uploads.fixture.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-forged-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(options: CollectorOptions = {}) {
  const dataDir = await mkdtemp(join(folder, 'data-'));
  const errors: string[] = [];
  const logger = { error: (...what: unknown[]) => void errors.push(what.join(' ')) };
  const { url, close } = await startCollector({ port: 0, dataDir, logger, everyMs: 0, ...options });
  onTestFinished(close);
  const get = async <T>(path: string): Promise<T> =>
    (await fetch(new URL(path, url))).json() as Promise<T>;
  const send = (profiles: readonly Profile[], lost?: Losses) =>
    postTo(url, uploadOf(profiles, lost));
  const predictions = async (): Promise<number> =>
    (await get<ModelsAnswer>('v1/models')).models
      .flatMap(({ versions }) => versions)
      .reduce((sum, one) => sum + one.predictions, 0);
  return { url, get, send, predictions, errors };
}

const truthsOf = (count: number, squaredError: number) => ({
  count,
  over: 0,
  under: 0,
  squaredError,
  truth: 0,
  truthSquared: 0,
});

test.each<[string, Partial<Profile>]>([
  ['true numbers of a model that predicts none', { regression: truthsOf(10, 10) }],
  [
    'more ground truths than a device remembers',
    { values: new Float64Array(3), regression: truthsOf(1e6, 1) },
  ],
  ['more fallbacks than backends', { fallbacks: 1e6 }],
  ['errors without end', { errors: { TIMEOUT: 300_000 } }],
  ['several error codes without end', { errors: { A: 200_000, B: 200_000 } }],
  [
    'more durations than calls',
    { latency: deviceHour().latency.map((stage) => stage.map(() => 10)) },
  ],
  ['the counts of two devices', { devices: 2 }],
  [
    'two device-hours with a failed session',
    { sessions: { started: 2, degraded: 0, failed: 2 }, failedDevices: 2 },
  ],
])('%s are refused', async (_what, counts) => {
  const collector = await start();
  expect(await collector.send([deviceHour({}, counts)])).toMatchObject({
    status: 422,
    code: 'INVALID_INPUT',
  });
  expect(await collector.predictions()).toBe(0);
});

test('the bound of a count includes the number of devices it stands for', async () => {
  const collector = await start({ sampling: [1, 2 ** -20] });
  const values = new Float64Array(3);
  const squares = { values, regression: truthsOf(1_000, 2 ** 24) };
  expect(await collector.send([deviceHour({}, squares)])).toMatchObject({ status: 202 });
  expect(await collector.send([deviceHour({ sampling: 20 }, squares)])).toMatchObject({
    status: 422,
  });
  const sessions = { started: 10_000, degraded: 0, failed: 0 };
  expect(await collector.send([deviceHour({ sampling: 20 }, { sessions })])).toMatchObject({
    status: 422,
  });
  expect(
    await collector.send([deviceHour({ sampling: 20 }, { errors: { A: 10_000 } })]),
  ).toMatchObject({ status: 422 });
});

test.each([
  ['groups', [deviceHour(), deviceHour({ group: 1, hour: NOW_HOUR - 1 })]],
  ['browsers', [deviceHour(), deviceHour({ browser: 'firefox' })]],
  ['samplings', [deviceHour(), deviceHour({ sampling: 3 })]],
  ['profiles of one key', [deviceHour(), deviceHour()]],
])(
  'one batch with several %s is refused: it would pose as several devices',
  async (_what, profiles) => {
    const collector = await start({ sampling: [1, 0.125] });
    expect(await collector.send(profiles)).toMatchObject({ status: 422, code: 'INVALID_INPUT' });
    const [first] = profiles;
    expect(
      await collector.send([first!, deviceHour({ backend: 'webgpu', hour: NOW_HOUR - 1 })]),
    ).toMatchObject({ status: 202 });
  },
);

test('an undeclared sampling is refused, and the device may send again later', async () => {
  const plain = await start();
  const answers = [];
  for (let i = 0; i < 3; i += 1) answers.push(await plain.send([deviceHour({ sampling: 3 })]));
  expect(answers[0]).toMatchObject({
    status: 403,
    code: 'SAMPLING_NOT_DECLARED',
    message: expect.stringContaining('--sampling 1,0.125') as string,
  });
  expect(await plain.predictions()).toBe(0);
  expect(plain.errors).toHaveLength(1);
  const sampled = await start({ sampling: [0.125] });
  expect((await sampled.send([deviceHour({ sampling: 3 })])).status).toBe(202);
  expect((await sampled.send([deviceHour()])).status).toBe(403);
  expect(await sampled.predictions()).toBe(8);
  await expect(start({ sampling: [2] })).rejects.toThrow('shares above 0 and at most 1');
});

test('losses in one batch count up to what one device can lose', async () => {
  const collector = await start();
  expect(
    (await collector.send([deviceHour()], { 'queue-full': 2 ** 32 - 1, refused: 3 })).status,
  ).toBe(202);
  expect((await collector.get<OverviewAnswer>('v1/overview')).lost).toEqual({
    'queue-full': 10_000,
    refused: 3,
  });
});
