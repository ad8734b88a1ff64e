import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { CollectorOptions, LabelsAnswer, PerformanceAnswer } from '@perigee/collector';
import { expect, onTestFinished, test } from 'vitest';
import { publishedOnce } from './hostile-run.fixture.ts';
import { MODEL } from './hostile-uploads.fixture.ts';

const KEY = 'the key of our own service';
const shared = publishedOnce();
const [NO = '', YES = ''] = ['benign', 'malignant'];
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

async function start(options: CollectorOptions = { ingestKeys: [KEY] }) {
  const { folder, published } = shared();
  const dataDir = await mkdtemp(join(folder, 'labels-'));
  const { url, close } = await startCollector({
    port: 0,
    dataDir,
    registry: published.registry,
    everyMs: 0,
    ...options,
  });
  onTestFinished(close);
  const send = async (body: unknown, key = KEY) => {
    const response = await fetch(new URL('v1/labels', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      ...((await response.json()) as Partial<LabelsAnswer> & { error?: { message: string } }),
    };
  };
  const measured = async (): Promise<PerformanceAnswer['measured']> => {
    const path = `v1/models/${MODEL}/performance?version=1.0.0&from=${hoursAgo(72)}`;
    return ((await (await fetch(new URL(path, url))).json()) as PerformanceAnswer).measured;
  };
  return { url, send, measured };
}

const bodyOf = (labels: readonly object[]) => ({ model: MODEL, version: '1.0.0', labels });
const label = (i: number, predicted: string, truth: string) => ({
  id: `worker${i % 20}-${i.toString(36)}`,
  predicted,
  truth,
  at: hoursAgo(30),
});

test('late labels count once per prediction id, however often they are sent', async () => {
  const { send, measured } = await start();
  const labels = Array.from({ length: 600 }, (_, i) =>
    label(i, i % 2 ? YES : NO, i % 10 === 1 ? NO : i % 2 ? YES : NO),
  );
  expect(await send(bodyOf(labels.slice(0, 400)))).toMatchObject({
    status: 202,
    counted: 400,
    known: 0,
  });
  // A retry with further labels, and an id that occurs twice within a request.
  expect(await send(bodyOf([...labels, labels[599]!]))).toMatchObject({
    status: 202,
    counted: 200,
    known: 401,
  });
  const found = await measured();
  expect(found).toMatchObject({ kind: 'classification', count: 600, accuracy: { value: 0.9 } });
  expect((found as Extract<typeof found, { kind: 'classification' }>).accuracy.low).toBeLessThan(
    0.9,
  );
});

test.each<[string, unknown, number, string]>([
  ['no JSON object', 'x', 400, 'model: expected a name'],
  [
    'a label the model does not have',
    bodyOf([label(1, NO, YES), label(2, NO, 'perhaps')]),
    422,
    'labels[1]: expected two of the model',
  ],
  ['a number for a classifier', bodyOf([{ ...label(1, NO, YES), truth: 7 }]), 422, 'labels[0]'],
  ['no time', bodyOf([{ ...label(1, NO, YES), at: undefined }]), 400, 'labels[0].at'],
  [
    'a time of last year',
    bodyOf([{ ...label(1, NO, YES), at: hoursAgo(9_000) }]),
    422,
    'not within the last 31 days',
  ],
  [
    'too many at once',
    bodyOf(Array.from({ length: 1_001 }, (_, i) => label(i, NO, NO))),
    400,
    '1001 of them',
  ],
  [
    'a version nobody published',
    { ...bodyOf([label(1, NO, NO)]), version: '9.9.9' },
    404,
    'was published without a reference',
  ],
])(
  '%s is refused with the expected value, and nothing of the request is counted',
  async (_what, body, status, message) => {
    const { send, measured } = await start();
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect(answer.error?.message).toContain(message);
    expect((await measured()) ?? null).toBeNull();
  },
);

test('labels need a key, and a collector without keys refuses them', async () => {
  const body = bodyOf([label(1, NO, NO)]);
  expect((await (await start()).send(body, 'a key that nobody gave out')).status).toBe(401);
  expect((await (await start({})).send(body)).status).toBe(403);
});
