import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { openLabElsewhere } from '../support/other-origin.ts';

const FOLDERS = {
  '/models/': fileURLToPath(new URL('../../models/wdbc/versions/1.0.0', import.meta.url)),
  '/tfjs/': fileURLToPath(new URL('../models/tfjs-net', import.meta.url)),
};

/** The answer of onnxruntime-node to the features that the lab makes up. */
const LOGITS = [1.9553532600402832, -1.8012447357177734];

const near = LOGITS.map((value) => expect.closeTo(value, 4) as unknown);

for (const isolated of [false, true]) {
  test(`scripts of another origin start their workers on a page that is ${isolated ? '' : 'not '}isolated`, async ({
    browser,
  }) => {
    const lab = await openLabElsewhere(browser, FOLDERS, { isolated });
    const seen = await lab.page.evaluate(async () => {
      const { answerTo, loadModel } = globalThis.lab;
      const tfjs = await loadModel('/tfjs/model.json', { backend: 'wasm' });
      const onnx = await loadModel('/models/model.onnx', { backend: 'wasm', threads: 2 });
      return {
        answers: [
          await answerTo({ source: '/models/model.onnx', backend: 'cpu' }),
          await answerTo({ source: '/models/model.onnx', backend: 'wasm' }),
          await answerTo({ source: 'wdbc', registry: '/registry/' }),
        ],
        missing: await answerTo({ source: '/models/missing.onnx' }),
        engine: tfjs.engine,
        threads: onnx.threads,
        isolated: crossOriginIsolated,
      };
    });
    expect(seen.answers).toEqual(
      ['instant', 'onnx', 'instant'].map((engine, i) => ({
        logits: near,
        engine,
        inPlace: i === 0,
      })),
    );
    expect(seen).toMatchObject({
      missing: { code: 'MODEL_NOT_FOUND' },
      engine: 'tfjs',
      threads: isolated ? 2 : 1,
      isolated,
    });
    expect(lab.cdn.requests.some((path) => path.endsWith('.wasm'))).toBe(true);
    await lab.close();
  });
}

test('a policy without blob: is told, and how to mend it', async ({ browser }) => {
  const policy = (cdn: string): string => `script-src ${cdn} 'wasm-unsafe-eval'; worker-src 'self'`;
  const lab = await openLabElsewhere(browser, FOLDERS, { policy });
  const told = await lab.page.evaluate(() =>
    globalThis.lab.answerTo({ source: '/models/model.onnx', backend: 'wasm' }),
  );
  expect(told).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: expect.stringContaining("worker-src 'self' blob:"),
  });
  expect(told).toMatchObject({ message: expect.stringContaining(lab.cdn.url.slice(0, -1)) });
  await lab.close();
});

test('the policy that the message asks for is enough', async ({ browser }) => {
  const policy = (cdn: string): string =>
    `script-src ${cdn} 'wasm-unsafe-eval'; worker-src 'self' blob:`;
  const lab = await openLabElsewhere(browser, FOLDERS, { policy });
  const answer = await lab.page.evaluate(() =>
    globalThis.lab.answerTo({ source: '/models/model.onnx', backend: 'wasm' }),
  );
  expect(answer).toMatchObject({ logits: near });
  await lab.close();
});

test('a worker script that does not come is named, and the next load tries again', async ({
  browser,
}) => {
  const lab = await openLabElsewhere(browser, FOLDERS);
  const load = () =>
    lab.page.evaluate(() =>
      globalThis.lab.answerTo({ source: '/models/model.onnx', backend: 'wasm' }),
    );
  lab.cdn.onRequest((path) => path.includes('-worker-'));
  const told = await load();
  expect(told).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: expect.stringContaining(`${lab.cdn.url}assets/`),
  });
  expect(told).toMatchObject({ message: expect.stringContaining('Access-Control-Allow-Origin') });
  lab.cdn.onRequest(() => false);
  expect(await load()).toMatchObject({ logits: near });
  await lab.close();
});

test('a sandboxed frame, which has an origin of its own, loads models', async ({ browser }) => {
  const lab = await openLabElsewhere(browser, FOLDERS);
  await lab.page.goto(`${lab.host.url}frame.html`);
  const frame = lab.page.frames().find((other) => other !== lab.page.mainFrame())!;
  await frame.waitForFunction(() => document.title === 'lab ready');
  const bytes = await lab.page.evaluate(async () => [
    ...new Uint8Array(await (await fetch('/models/model.onnx')).arrayBuffer()),
  ]);
  const answer = await frame.evaluate(
    (given) => globalThis.lab.answerTo({ source: Uint8Array.from(given), backend: 'wasm' }),
    bytes,
  );
  expect(answer).toMatchObject({ logits: near });
  await lab.close();
});
