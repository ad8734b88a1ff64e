import { expect, test } from '@playwright/test';
import type { Page, Worker } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { openLab } from '../support/lab.ts';
import { isInferenceWorker, prefixScript } from '../support/worker-script.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));

/** Every uncaught error that the page reports. */
async function uncaught(page: Page): Promise<() => Promise<readonly string[]>> {
  const seen: string[] = [];
  page.on('pageerror', (error) => seen.push(error.message));
  await page.evaluate(() => {
    const rejections: string[] = [];
    Object.assign(globalThis, { rejections });
    addEventListener('unhandledrejection', ({ reason }) => rejections.push(String(reason)));
  });
  return async () => [
    ...seen,
    ...(await page.evaluate(() => (globalThis as unknown as { rejections: string[] }).rejections)),
  ];
}

test('calls in flight when their worker dies are made once more, and answered', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const faults = await uncaught(lab.page);
  const workers: Worker[] = [];
  lab.page.on('worker', (worker) => workers.push(worker));
  await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/loop.onnx', {
      backend: 'wasm',
      threads: 1,
    });
    // Together these calls take long enough for the worker to end among them.
    const feeds = {
      x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
      rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(20_000n) },
    } as const;
    const answers = Array.from({ length: 50 }, () =>
      model.run(feeds).then(({ y }) => (y!.data as Float32Array)[0]),
    );
    Object.assign(globalThis, { answers: Promise.all(answers) });
  });
  // The hard case: the page gets no message when a worker closes itself.
  await workers[0]!.evaluate(() => self.close());
  expect(
    await lab.page.evaluate(
      () => (globalThis as unknown as { answers: Promise<number[]> }).answers,
    ),
  ).toEqual(Array.from({ length: 50 }, () => 20_001));
  expect(workers.length).toBe(2);
  expect(await faults()).toEqual([]);
  await lab.close();
});

test('a run that never ends is ended by its time-out; the calls beside it are answered', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const faults = await uncaught(lab.page);
  const result = await lab.page.evaluate(async () => {
    const { loadModel } = globalThis.lab;
    const [model, other] = await Promise.all([
      loadModel('/models/loop.onnx', { backend: 'wasm' }),
      loadModel('/models/two-layers.onnx', { backend: 'wasm' }),
    ]);
    const run = (rounds: bigint, options = {}) =>
      model
        .run(
          {
            x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
            rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(rounds) },
          },
          options,
        )
        .then(
          ({ y }) => (y!.data as Float32Array)[0],
          ({ code, message }: { code: string; message: string }) => ({ code, message }),
        );
    const endless = run(2n ** 62n, { timeoutMs: 300 });
    const behind = run(4n);
    const beside = await other.predict(new Float32Array(64));
    return {
      endless: await endless,
      behind: await behind,
      beside: beside.outputs['y']!.shape,
      after: await run(2n),
    };
  });
  expect(result).toMatchObject({
    endless: { code: 'TIMEOUT' },
    behind: 5,
    beside: [1, 10],
    after: 3,
  });
  expect((result.endless as { message: string }).message).toContain('timeoutMs = 300');
  expect(await faults()).toEqual([]);
  await lab.close();
});

test('an aborted run that never ends gives its worker up; a waiting call that is aborted never begins', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const faults = await uncaught(lab.page);
  const result = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/loop.onnx', { backend: 'wasm' });
    const run = (rounds: bigint, options = {}) =>
      model
        .run(
          {
            x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
            rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(rounds) },
          },
          options,
        )
        .then(
          ({ y }) => (y!.data as Float32Array)[0],
          (error: Error) => error.message,
        );
    const first = new AbortController();
    const second = new AbortController();
    const endless = run(2n ** 62n, { signal: first.signal });
    const waiting = run(2n ** 62n, { signal: second.signal });
    const last = run(6n);
    second.abort(new Error('not needed'));
    first.abort(new Error('enough'));
    return [await waiting, await endless, await last];
  });
  expect(result).toEqual(['not needed', 'enough', 7]);
  expect(await faults()).toEqual([]);
  await lab.close();
});

test('a GPU device that is lost moves the model to wasm, and the call is answered there', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  lab.host.tamper(
    isInferenceWorker,
    prefixScript(() => {
      const adapters = (
        globalThis as unknown as {
          GPUAdapter: { prototype: { requestDevice(...args: unknown[]): Promise<unknown> } };
        }
      ).GPUAdapter;
      const { requestDevice } = adapters.prototype;
      adapters.prototype.requestDevice = async function (...args) {
        const device = await requestDevice.apply(this, args);
        Object.assign(globalThis, { device });
        return device;
      };
    }),
  );
  const faults = await uncaught(lab.page);
  const workers: Worker[] = [];
  lab.page.on('worker', (worker) => workers.push(worker));
  const before = await lab.page.evaluate(async () => {
    Object.defineProperty(
      Object.getPrototypeOf(
        (
          await (
            navigator as unknown as { gpu: { requestAdapter(): Promise<{ info: object }> } }
          ).gpu.requestAdapter()
        ).info,
      ),
      'isFallbackAdapter',
      { get: () => false },
    );
    const events: unknown[] = [];
    const model = await globalThis.lab.loadModel('/models/two-layers.onnx', { backend: 'webgpu' });
    model.on('backend', (event) => events.push(event));
    const input = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
    Object.assign(globalThis, { model, input, events });
    return [...((await model.predict(input)).outputs['y']!.data as Float32Array)];
  });
  await workers
    .at(-1)!
    .evaluate(() => (globalThis as unknown as { device: { destroy(): void } }).device.destroy());
  const after = await lab.page.evaluate(async () => {
    const { model, input, events } = globalThis as unknown as {
      model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
      input: Float32Array;
      events: unknown[];
    };
    const answers = await Promise.all([model.predict(input), model.predict(input)]);
    return {
      outputs: answers.map(({ outputs }) => [...(outputs['y']!.data as Float32Array)]),
      backend: model.backend,
      events,
    };
  });
  for (const output of after.outputs)
    output.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
  expect(await faults()).toEqual([]);
  // WebGPU was requested by name, so the model stays on it, on a new device.
  expect(after.backend).toBe('webgpu');
  await lab.close();
});

test('an idle model gives its worker back and returns by itself', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/two-layers.onnx', {
      backend: 'wasm',
      threads: 1,
      idleReleaseMs: 50,
    });
    await model.predict(new Float32Array(64));
    Object.assign(globalThis, { model });
  });
  await expect.poll(() => lab.page.workers().length).toBe(0);
  const shape = await lab.page.evaluate(async () => {
    const { model } = globalThis as unknown as {
      model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
    };
    return (await model.predict(new Float32Array(64))).outputs['y']!.shape;
  });
  expect(shape).toEqual([1, 10]);
  await lab.close();
});

test('a pool that loses a worker has as many again, and every call is answered', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  let started = 0;
  lab.page.on('worker', () => (started += 1));
  await lab.page.evaluate(async () => {
    Object.assign(globalThis, {
      model: await globalThis.lab.loadModel('/models/two-layers.onnx', {
        backend: 'wasm',
        threads: 1,
        workers: 2,
      }),
    });
  });
  const call = () =>
    lab.page.evaluate(async () => {
      const { model } = globalThis as unknown as {
        model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
      };
      return (
        await Promise.all(Array.from({ length: 8 }, () => model.predict(new Float32Array(64))))
      ).length;
    });
  await expect.poll(() => lab.page.workers().length).toBe(2);
  await lab.page.workers()[0]!.evaluate(() => self.close());
  // The page learns of the end by itself. The next call that finds a worker missing starts another
  // one, or the filling in progress does.
  await expect
    .poll(async () => [await call(), started, lab.page.workers().length])
    .toEqual([8, 3, 2]);
  await lab.close();
});
