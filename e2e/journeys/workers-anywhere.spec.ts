import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Job, JobAnswer } from '../lab/answer-to.ts';
import { openLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../../models/wdbc/versions/1.0.0', import.meta.url));

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

test('a worker of the app loads models by URL, from bytes and by name, as the page does', async ({ browser }) => {
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
    for (const job of jobs) seen.push({ page: await answerTo(job), worker: await ask(worker, job) });
    worker.terminate();
    return seen;
  });
  expect(answers).toHaveLength(4);
  for (const [i, { page, worker }] of answers.entries()) {
    expectRight(worker, i === 1 ? 'onnx' : 'instant');
    expect(worker).toEqual(page);
  }
  await lab.close();
});
