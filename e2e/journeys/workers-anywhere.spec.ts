import { expect, test } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Job, JobAnswer } from '../lab/answer-to.ts';
import { openLab } from '../support/lab.ts';
import type { OpenLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../../models/wdbc/versions/1.0.0', import.meta.url));
const TFJS = fileURLToPath(new URL('../models/tfjs-net', import.meta.url));

/** The answer of ONNX Runtime in Node to the features that the lab makes up. */
let reference: readonly number[];

test.beforeAll(async () => {
  const session = await InferenceSession.create(`${MODELS}/model.onnx`);
  const features = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
  const { logits } = await session.run({ features: new Tensor('float32', features, [1, 30]) });
  reference = Array.from(logits!.data as Float32Array);
});

function expectRight(answer: JobAnswer | undefined, engine: string): void {
  expect(answer).toMatchObject({ engine });
  const { logits } = answer as { readonly logits: readonly number[] };
  expect(logits).toHaveLength(reference.length);
  for (const [i, value] of reference.entries()) expect(logits[i]).toBeCloseTo(value, 4);
}

test('a worker of the app loads models by URL, from bytes and by name, as the page does', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const answers = await lab.page.evaluate(async () => {
    const { answerTo, ask, ownWorker } = globalThis.lab;
    const worker = ownWorker();
    const bytes = new Uint8Array(await (await fetch('/models/model.onnx')).arrayBuffer());
    const jobs: readonly Job[] = [
      { source: '/models/model.onnx' },
      { source: '/models/model.onnx', backend: 'wasm' },
      { source: bytes },
      { source: 'wdbc', registry: '/registry/' },
    ];
    const seen = [];
    for (const job of jobs)
      seen.push({ page: await answerTo(job), worker: await ask(worker, job) });
    worker.terminate();
    return seen;
  });
  expect(answers).toHaveLength(4);
  for (const [i, { page, worker }] of answers.entries()) {
    expectRight(worker, i === 1 ? 'onnx' : 'instant');
    // A small file runs in the thread that loads it.
    expect(worker).toMatchObject({ inPlace: i === 0 || i === 2 });
    expect(worker).toEqual(page);
  }
  await lab.close();
});

const ORT = fileURLToPath(new URL('../../node_modules/onnxruntime-web/dist', import.meta.url));

type Place = { readonly script: string; readonly type: WorkerType } | { readonly script: null };

/** Opens the lab with the runtime's files beside it. */
function openWithRuntime(browser: Browser): Promise<OpenLab> {
  return openLab(browser, { models: MODELS, folders: { '/ort/': ORT, '/tfjs/': TFJS } });
}

/** Sends jobs to a service worker of the app, or to a shared worker. */
function answersOf(
  { page }: OpenLab,
  place: Place,
  jobs: readonly Job[],
): Promise<readonly JobAnswer[]> {
  return page.evaluate(
    async ({ place, jobs }) => {
      const { ask, serviceWorker, sharedWorker } = globalThis.lab;
      const worker = place.script ? await serviceWorker(place.script, place.type) : sharedWorker();
      const seen: JobAnswer[] = [];
      for (const job of jobs) seen.push(await ask(worker, job));
      return seen;
    },
    { place, jobs },
  );
}

async function expectInPlace(lab: OpenLab, place: Place): Promise<void> {
  const answers = await answersOf(lab, place, [
    { source: '/models/model.onnx' },
    { source: new Uint8Array(await readFile(`${MODELS}/model.onnx`)) },
    { source: '/models/model.onnx', backend: 'wasm', wasmUrl: '/ort/' },
    { source: 'wdbc', registry: '/registry/', wasmUrl: '/ort/' },
    { source: '/models/missing.onnx' },
    { source: '/tfjs/model.json' },
  ]);
  expect(answers).toHaveLength(6);
  for (const [i, engine] of ['instant', 'instant', 'onnx', 'instant'].entries()) {
    expectRight(answers[i], engine);
    expect(answers[i]).toMatchObject({ inPlace: true });
  }
  expect(answers[4]).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  expect(answers[5]).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: expect.stringContaining('convert it to ONNX'),
  });
  // A disposed model releases its version, though its thread lives on.
  const held = () =>
    lab.page.evaluate(async () =>
      (await navigator.locks.query()).held!.filter(({ name }) => name!.startsWith('perigee:use:')),
    );
  await expect.poll(held).toEqual([]);
}

for (const [script, type] of [
  ['sw-module.js', 'module'],
  ['sw-classic.js', 'classic'],
] as const) {
  test(`a ${type} service worker in one file runs models in place and says so`, async ({
    browser,
  }) => {
    const lab = await openWithRuntime(browser);
    const said = lab.context.waitForEvent('console', (message) =>
      message.text().includes('models run in this thread'),
    );
    await expectInPlace(lab, { script, type });
    expect((await said).type()).toBe('warning');
    await lab.close();
  });
}

test('a shared worker, which has no Worker in Chromium, runs models in place', async ({
  browser,
}) => {
  const lab = await openWithRuntime(browser);
  await expectInPlace(lab, { script: null });
  await lab.close();
});

test('a service worker in several files is told to be bundled into one', async ({ browser }) => {
  const lab = await openWithRuntime(browser);
  const answers = await answersOf(lab, { script: 'sw-split.js', type: 'module' }, [
    { source: '/models/model.onnx' },
  ]);
  expect(answers).toEqual([
    {
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/import\(\).*Bundle a service worker into one file/),
    },
  ]);
  await lab.close();
});
