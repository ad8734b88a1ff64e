import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { openLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../../models/wdbc/versions/1.0.0', import.meta.url));
const DIGITS = fileURLToPath(new URL('../../models/digits/versions/1.0.0', import.meta.url));

/** The paths of what the page requests. */
function watchRequests(page: Page): string[] {
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

test('a small model answers on the page: no worker, no wasm, one request for the file', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const requests = watchRequests(lab.page);
  const workers: string[] = [];
  lab.page.on('worker', (worker) => workers.push(worker.url()));
  const [byUrl, bytes] = await lab.page.evaluate(async () => {
    const { answerTo } = globalThis.lab;
    const first = await answerTo({ source: '/models/model.onnx' });
    const file = await (await fetch('/models/model.onnx')).arrayBuffer();
    return [first, await answerTo({ source: new Uint8Array(file) })];
  });
  expect(byUrl).toMatchObject({ engine: 'instant', inPlace: true });
  expect(bytes).toEqual(byUrl);
  // The second request is the page's own.
  expect(requests.filter((path) => path.endsWith('.onnx'))).toHaveLength(2);
  expect(requests.filter((path) => /\.wasm$|-worker-/.test(path))).toEqual([]);
  expect(workers).toEqual([]);
  await lab.close();
});

test('a larger model is requested once, by the page, and runs in a worker', async ({ browser }) => {
  const lab = await openLab(browser, { models: DIGITS });
  const requests = watchRequests(lab.page);
  const inPlace = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/model.onnx');
    return model.inPlace;
  });
  expect(inPlace).toBe(false);
  expect(requests.filter((path) => path.endsWith('.onnx'))).toHaveLength(1);
  await lab.close();
});

test('a model that is slow on this device moves into a worker, with the same answers', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const seen = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/model.onnx');
    const input = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
    const answer = async (): Promise<unknown> => {
      const { outputs } = await model.predict(input);
      return { inPlace: model.inPlace, logits: [...(outputs['logits']!.data as Float32Array)] };
    };
    const before = await answer();
    // A slow device: every look at the clock is two milliseconds later.
    let ms = performance.now();
    const own = performance.now.bind(performance);
    performance.now = () => (ms += 2);
    for (let i = 0; i < 3; i += 1) await answer();
    performance.now = own;
    await answer();
    return [before, await answer()];
  });
  expect(seen[0]).toMatchObject({ inPlace: true });
  expect(seen[1]).toEqual({ ...(seen[0] as object), inPlace: false });
  await lab.close();
});

test('a page whose policy forbids workers runs a small model', async ({ browser }) => {
  const headers = { 'content-security-policy': "worker-src 'none'" };
  const lab = await openLab(browser, { models: MODELS, headers });
  const answer = await lab.page.evaluate(() =>
    globalThis.lab.answerTo({ source: '/models/model.onnx' }),
  );
  expect(answer).toMatchObject({ engine: 'instant', inPlace: true });
  await lab.close();
});
