import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import {
  initRegistry,
  pack,
  publish,
  readRelease,
  temporaryKeys,
  writeRelease,
} from '@perigee/cli';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import { openLab, visitLab } from '../support/lab.ts';
import { isInferenceWorker, prefixScript } from '../support/worker-script.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));

/**
 * Makes this machine's software adapter claim to be a real GPU, because `auto` ignores software
 * adapters. False if there is no adapter at all.
 */
async function pretendRealGpu(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const adapter = await (
      navigator as unknown as { gpu?: { requestAdapter(): Promise<{ info: object } | null> } }
    ).gpu?.requestAdapter();
    if (adapter)
      Object.defineProperty(Object.getPrototypeOf(adapter.info), 'isFallbackAdapter', {
        get: () => false,
      });
    return Boolean(adapter);
  });
}

/** Loads a bare file with `auto` and waits until every backend was tried. */
function trials(page: Page, backend: 'auto' | undefined = 'auto') {
  return page.evaluate(async (backend) => {
    const model = await globalThis.lab.loadModel(
      '/models/convolutions.onnx',
      backend ? { backend } : {},
    );
    const first = model.backend;
    const events: unknown[] = [];
    model.on('backend', (event) => events.push(event));
    const over = new Promise<void>((resolve) =>
      model.on('trial', (trial) => trial.backend === 'webgpu' && setTimeout(resolve)),
    );
    const image = Float32Array.from({ length: 96 * 96 }, (_, i) => Math.sin(i));
    const before = [...((await model.predict(image)).outputs['scores']!.data as Float32Array)];
    if (backend === 'auto') await over;
    const after = [...((await model.predict(image)).outputs['scores']!.data as Float32Array)];
    const result = { first, before, after, events, last: model.backend, trials: model.trials };
    await model.dispose();
    return result;
  }, backend);
}

test('a faster right backend takes over behind the first answers, and gives the same numbers', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  test.skip(!(await pretendRealGpu(lab.page)), 'this browser has no WebGPU adapter');
  // A software GPU never wins. So the clock runs fast in workers that do not use it.
  lab.host.tamper(
    isInferenceWorker,
    prefixScript(() => {
      const { prototype } = (
        globalThis as unknown as {
          GPUAdapter: { prototype: { requestDevice(...args: unknown[]): Promise<unknown> } };
        }
      ).GPUAdapter;
      const { requestDevice } = prototype;
      const now = performance.now.bind(performance);
      const start = now();
      performance.now = () => start + (now() - start) * 1_000;
      prototype.requestDevice = function (...args) {
        performance.now = now;
        return requestDevice.apply(this, args);
      };
    }),
  );
  const { first, before, after, events, last, trials: seen } = await trials(lab.page);
  expect([first, last]).toEqual(['wasm', 'webgpu']);
  expect(events).toMatchObject([{ from: 'wasm', to: 'webgpu' }]);
  expect(seen.find(({ backend }) => backend === 'webgpu')).toMatchObject({
    verdict: 'passed',
    engine: 'onnx',
  });
  after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 3));
  await lab.close();
});

test('a slower backend is tried, shown and not used', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  test.skip(!(await pretendRealGpu(lab.page)), 'this browser has no WebGPU adapter');
  const { last, events, trials: seen } = await trials(lab.page);
  expect(seen.find(({ backend }) => backend === 'webgpu')).toMatchObject({ verdict: 'passed' });
  expect([last, events]).toEqual(['wasm', []]);
  await lab.close();
});

test('a GPU that computes wrong numbers is found out and never used', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  test.skip(!(await pretendRealGpu(lab.page)), 'this browser has no WebGPU adapter');
  // Simulates a driver that miscompiles: every shader's max() becomes min(). The clock runs slowly,
  // so that the GPU would win.
  lab.host.tamper(
    isInferenceWorker,
    prefixScript(() => {
      const { prototype } = (
        globalThis as unknown as {
          GPUDevice: { prototype: { createShaderModule(descriptor: { code: string }): unknown } };
        }
      ).GPUDevice;
      const { createShaderModule } = prototype;
      prototype.createShaderModule = function (descriptor) {
        return createShaderModule.call(this, {
          ...descriptor,
          code: descriptor.code.replaceAll('max(', 'min('),
        });
      };
    }),
  );
  const { before, after, last, trials: seen } = await trials(lab.page);
  expect(seen.find(({ backend }) => backend === 'webgpu')).toMatchObject({
    verdict: 'wrong-output',
    reason: expect.stringContaining('expected') as unknown as string,
  });
  expect(last).toBe('wasm');
  expect(after).toEqual(before);
  await lab.close();
});

/**
 * Nothing is simulated in the next two tests: these kernels of ONNX Runtime's WebGPU backend are
 * wrong about these models.
 */
test('a GPU kernel that is wrong about a model is found out and not used', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  test.skip(!(await pretendRealGpu(lab.page)), 'this browser has no WebGPU adapter');
  const { backend, trial } = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/small-spread.onnx', { backend: 'auto' });
    const tried = new Promise<void>((resolve) =>
      model.on('trial', (one) => one.backend === 'webgpu' && setTimeout(resolve)),
    );
    await model.predict(new Float32Array(64));
    await tried;
    return { backend: model.backend, trial: model.trials.find((one) => one.backend === 'webgpu') };
  });
  expect(backend).toBe('wasm');
  expect(trial).toMatchObject({
    verdict: 'wrong-output',
    reason: expect.stringContaining('expected') as unknown as string,
  });
  await lab.close();
});

test('a release whose golden samples a GPU kernel gets wrong is refused there, and answers on wasm', async ({
  browser,
}, { outputDir }) => {
  const samples = [
    [1, -2, 3, -4, 5, -6, 7, -8],
    [1, 'NaN', 3, -4, 5, -6, 7, -8],
  ];
  const { x, y } = {
    x: { dtype: 'float32', shape: [1, 8] },
    y: { dtype: 'float32', shape: [1, 4] },
  };
  await mkdir(outputDir, { recursive: true });
  const golden = `${outputDir}/golden.json`;
  const make = (expected: unknown[][]): Promise<void> =>
    writeFile(
      golden,
      JSON.stringify({
        schema: 'perigee-golden/1',
        samples: samples.map((data, i) => ({
          id: i === 0 ? 'whole' : 'missing',
          feeds: { x: { ...x, data } },
          outputs: { y: { ...y, data: expected[i] } },
        })),
      }),
    );
  const model = await loadModel(`${MODELS}/missing-values.onnx`, { backend: 'wasm' });
  const answers = await Promise.all(
    samples.map(async (data) =>
      [
        ...(
          (await model.run({ x: { ...x, data: Float32Array.from(data, Number) } as never }))[
            'y'
          ] as { data: Float32Array }
        ).data,
      ].map((value) => (Number.isNaN(value) ? 'NaN' : value)),
    ),
  );
  await model.dispose();
  expect(answers[1]).toEqual(['NaN', 'NaN', 'NaN', 'NaN']);
  await make(answers);
  await writeRelease(
    `${outputDir}/releases`,
    await pack(
      { model: `${MODELS}/missing-values.onnx`, name: 'missing-values', version: '1.0.0', golden },
      () => undefined,
    ),
  );
  const publisher = { to: `${outputDir}/registry`, keys: await temporaryKeys() };
  await initRegistry(publisher);
  await publish(
    await readRelease(`${outputDir}/releases`, 'missing-values', '1.0.0'),
    publisher,
    'stable',
  );

  const lab = await openLab(browser, { registry: `${outputDir}/registry` });
  test.skip(!(await pretendRealGpu(lab.page)), 'this browser has no WebGPU adapter');
  const { refused, backend } = await lab.page.evaluate(async () => {
    const load = (backend: 'webgpu' | 'wasm') =>
      globalThis.lab
        .createPerigee({ registry: '/registry/', store: 'memory' })
        .load('missing-values', { backend });
    const refused = await load('webgpu').then(
      () => null,
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    );
    return { refused, backend: (await load('wasm')).backend };
  });
  expect(refused).toMatchObject({
    code: 'GOLDEN_MISMATCH',
    message: expect.stringMatching(/webgpu.*"missing"/) as unknown as string,
  });
  expect(backend).toBe('wasm');

  // The clock of these workers makes a run long enough to start a search for a faster backend. The
  // updater keeps its clock, with which it detects hosts that are too slow.
  lab.host.tamper(
    isInferenceWorker,
    prefixScript(() => {
      if (!(globalThis as unknown as { name: string }).name.startsWith('perigee-inference')) return;
      const now = performance.now.bind(performance);
      performance.now = () => now() * 1_000;
    }),
  );
  const findings = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const model = await perigee.load('missing-values');
    await new Promise<void>((resolve) => {
      model.on('trial', (one) => one.backend === 'webgpu' && setTimeout(resolve));
    });
    return (await perigee.doctor()).filter(({ id }) => id.startsWith('webgpu'));
  });
  const disqualified = [
    {
      id: 'webgpu-disqualified',
      what: 'missing-values@1.0.0 does not run on WebGPU, and answers from another backend.',
      why: expect.stringMatching(/^Its trial there failed: .*expected/) as unknown as string,
    },
  ];
  expect(findings).toMatchObject(disqualified);
  // Another page of the device, which has loaded nothing, learns of the earlier trial.
  const later = await lab.context.newPage();
  await visitLab(later, lab.host);
  await expect
    .poll(() =>
      later.evaluate(async () => {
        const perigee = globalThis.lab.createPerigee({});
        const found = await perigee.doctor();
        await perigee.dispose();
        return found.filter(({ id }) => id === 'webgpu-disqualified');
      }),
    )
    .toMatchObject(disqualified);
  await lab.close();
});

test('an adapter in software is not tried, and it is said why', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  const { last, trials: seen } = await trials(lab.page);
  expect(seen.find(({ backend }) => backend === 'webgpu')).toMatchObject({
    verdict: 'skipped',
    reason: expect.stringMatching(/software|no WebGPU adapter/) as unknown as string,
  });
  expect(last).toBe('wasm');
  await lab.close();
});

test('without a backend asked for, a bare file starts no further worker', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  let spawned = 0;
  lab.page.on('worker', () => (spawned += 1));
  await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/convolutions.onnx', { threads: 1 });
    await model.predict(new Float32Array(96 * 96));
    await model.predict(new Float32Array(96 * 96));
  });
  expect(spawned).toBe(1);
  await lab.close();
});
