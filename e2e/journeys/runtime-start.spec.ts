import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import type { Backend } from 'perigee';
import { openLab, visitLab } from '../support/lab.ts';
import { isInferenceWorker, prefixScript } from '../support/worker-script.ts';

const CASES = fileURLToPath(new URL('../cases/models', import.meta.url));

/** Loads a model. Returns the error's code and message, or null if there is none. */
function failure(
  page: Page,
  options: { backend: Backend; wasmUrl?: string },
): Promise<{ name: string; code: string; message: string } | null> {
  return page.evaluate(async (given) => {
    try {
      await (await globalThis.lab.loadModel('/models/int64.onnx', given)).dispose();
      return null;
    } catch (error) {
      const { name, code, message } = error as Error & { code: string };
      return { name, code, message };
    }
  }, options);
}

/** The findings of `doctor()` about the wasm runtime. */
function wasmFindings(page: Page, config: { wasmUrl?: string } = {}) {
  return page.evaluate(async (given) => {
    const perigee = globalThis.lab.createPerigee({ store: 'memory', ...given });
    const findings = await perigee.doctor();
    await perigee.dispose();
    return findings.filter(({ id }) => id.startsWith('wasm'));
  }, config);
}

test('a wrong wasmUrl is a backend that cannot start, and the next load starts anew', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: CASES });
  const told = await failure(lab.page, { backend: 'wasm', wasmUrl: `${lab.host.url}nowhere/` });
  expect(told).toMatchObject({ name: 'PerigeeError', code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toContain(`${lab.host.url}nowhere/`);
  expect(await wasmFindings(lab.page, { wasmUrl: `${lab.host.url}nowhere/` })).toMatchObject([
    {
      id: 'wasm-unavailable',
      severity: 'error',
      remedy: expect.stringContaining(`${lab.host.url}nowhere/`) as unknown as string,
    },
  ]);
  expect(await failure(lab.page, { backend: 'wasm' })).toBeNull();
  await lab.close();
});

test('an HTML page in place of the wasm file is a backend that cannot start', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: CASES });
  lab.host.tamper(
    (path) => path.endsWith('.wasm'),
    () => Buffer.from('<!doctype html><title>Not here</title>'),
  );
  const told = await failure(lab.page, { backend: 'wasm' });
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toContain('wasmUrl');
  expect(await wasmFindings(lab.page)).toMatchObject([
    {
      id: 'wasm-unavailable',
      severity: 'error',
      why: expect.stringContaining('WebAssembly') as unknown as string,
    },
  ]);
  lab.host.tamper(
    () => false,
    (bytes) => bytes,
  );
  expect(await failure(lab.page, { backend: 'wasm' })).toBeNull();
  await lab.close();
});

test('without a GPU adapter webgpu is unavailable', async ({ browser }) => {
  const lab = await openLab(browser, { models: CASES });
  lab.host.tamper(
    isInferenceWorker,
    prefixScript(() => {
      const gpu = (navigator as unknown as { gpu?: object }).gpu;
      if (gpu)
        Object.defineProperty(Object.getPrototypeOf(gpu), 'requestAdapter', {
          value: () => Promise.resolve(null),
        });
    }),
  );
  const told = await failure(lab.page, { backend: 'webgpu' });
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toContain('GPU');
  await lab.close();
});

test('files that people bring open on wasm in the browser', async ({ browser }) => {
  const lab = await openLab(browser, { models: CASES });
  const seen = await lab.page.evaluate(async () => {
    const run = async (
      file: string,
      feeds: Record<string, unknown>,
    ): Promise<Record<string, unknown>> => {
      const model = await globalThis.lab.loadModel(`/models/${file}`, { backend: 'wasm' });
      const outputs = (await model.run(feeds as never)) as Record<string, unknown>;
      await model.dispose();
      return outputs;
    };
    const float = (shape: number[], values: number[]) => ({
      dtype: 'float32',
      shape,
      data: Float32Array.from(values),
    });
    const two = float([2, 3], [1, 2, 3, 4, 5, 6]);
    const plain = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, one: unknown) =>
          ArrayBuffer.isView(one) ? Array.from(one as Float32Array) : one,
        ),
      );
    return {
      free: plain(
        (await run('unnamed-lp.onnx', { x: float([2, 4], [3, 4, 0, 0, 0, 0, 6, 8]) }))['y'],
      ),
      rank: plain((await run('unknown-rank.onnx', { x: two }))['y']),
      list: plain((await run('sequence-out.onnx', { x: two }))['q']),
      scores: plain(
        (await run('zipmap-str.onnx', { float_input: float([2, 2], [1, 0, 0, 1]) }))[
          'output_probability'
        ],
      ),
      scaled: plain((await run('default-input.onnx', { x: float([1, 3], [1, 2, 3]) }))['y']),
    };
  });
  expect(seen.free).toMatchObject({ shape: [2, 4] });
  expect(seen.rank).toMatchObject({ shape: [2, 3] });
  expect(seen.list).toEqual([
    { dtype: 'float32', shape: [1, 3], data: [1, 2, 3] },
    { dtype: 'float32', shape: [1, 3], data: [4, 5, 6] },
  ]);
  expect(seen.scores).toMatchObject({ dtype: 'float32', shape: [2, expect.any(Number)] });
  expect(seen.scaled).toMatchObject({ data: [2, 4, 6] });
  await lab.close();
});

const TFJS = fileURLToPath(new URL('../models', import.meta.url));

test('an HTML page in place of the wasm file of TensorFlow.js is told, and mended by serving the file', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: TFJS });
  const load = () =>
    lab.page.evaluate(async () => {
      try {
        const model = await globalThis.lab.loadModel('/models/tfjs-net/model.json', {
          backend: 'wasm',
        });
        await model.dispose();
        return null;
      } catch (error) {
        const { code, message } = error as Error & { code: string };
        return { code, message };
      }
    });
  lab.host.tamper(
    (path) => path.endsWith('.wasm'),
    () => Buffer.from('<!doctype html><title>Not here</title>'),
  );
  const told = await load();
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toMatch(/is not a WebAssembly file.*wasmUrl/);
  lab.host.tamper(
    () => false,
    (bytes) => bytes,
  );
  expect(await load()).toBeNull();
  await lab.close();
});

test('without WebGL the webgl backend is unavailable and others are named', async ({ browser }) => {
  const lab = await openLab(browser, { models: TFJS });
  lab.host.tamper(
    (path) => path.includes('tfjs-worker') || isInferenceWorker(path),
    prefixScript(() => {
      Object.defineProperty(OffscreenCanvas.prototype, 'getContext', { value: () => null });
    }),
  );
  const told = await lab.page.evaluate(async () => {
    const error = await globalThis.lab
      .loadModel('/models/tfjs-net/model.json', { backend: 'webgl' })
      .then(
        () => null,
        (caught: unknown) => caught as Error & { code: string },
      );
    return error && { code: error.code, message: error.message };
  });
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toMatch(/backend "webgl".*WebGL in a worker.*"wasm" or "cpu"/);
  await lab.close();
});

test('a second model uses the wasm that the first one compiled, and fetches none', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: CASES });
  const wasm = () => lab.host.requests.filter((path) => path.endsWith('.wasm')).length;
  expect(await failure(lab.page, { backend: 'wasm' })).toBeNull();
  expect(wasm()).toBe(1);
  // A cache of the browser could hide a request from the host.
  await lab.page.route(/\.wasm$/, (route) => route.abort());
  expect(await failure(lab.page, { backend: 'wasm' })).toBeNull();
  expect(wasm()).toBe(1);
  await lab.close();
});

/** Loads the digits by name on wasm, and returns the label of an empty picture. */
function labelByName(page: Page): Promise<string | undefined> {
  return page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const model = await perigee.load('digits', { backend: 'wasm', update: 'local' });
    const { label } = (await model.predict(new ImageData(8, 8))) as { label?: string };
    await perigee.dispose();
    return label;
  });
}

test('a reload starts the runtime while it asks which version answers', async ({ browser }) => {
  const lab = await openLab(browser);
  const label = await labelByName(lab.page);
  const started = lab.page.waitForRequest(/\.wasm$/);
  await lab.page.route(/updater-worker/, async (route) => {
    await started;
    await route.continue();
  });
  await visitLab(lab.page, lab.host);
  expect(await labelByName(lab.page)).toBe(label);
  await lab.close();
});

test('a reload reads the stored model while it asks which version answers', async ({ browser }) => {
  const lab = await openLab(browser);
  lab.host.tamper(
    isInferenceWorker,
    prefixScript(() => {
      const { arrayBuffer } = Blob.prototype;
      Blob.prototype.arrayBuffer = function () {
        void fetch('/file-was-read');
        return arrayBuffer.call(this);
      };
    }),
  );
  const label = await labelByName(lab.page);
  const read = lab.page.waitForRequest(/file-was-read$/);
  await lab.page.route(/updater-worker/, async (route) => {
    await read;
    await route.continue();
  });
  await visitLab(lab.page, lab.host);
  expect(await labelByName(lab.page)).toBe(label);
  await lab.close();
});

const RUNTIME = '"engine":"onnx","entry":"model.onnx","backend":"wasm"';
const VERSION = '{"kind":"stored","model":"digits","version":"0.0.1","variant":"fp32"}';

for (const [what, note] of [
  ['of a version that is not here', `{${RUNTIME},"source":${VERSION}}`],
  ['of what is no version', `{${RUNTIME},"source":7}`],
  ['of another runtime', '{"engine":"tfjs","entry":"model.json","backend":"webgl"}'],
  ['that is damaged', '{"engine":'],
  ['of nothing', 'null'],
] as const)
  test(`a note ${what} about the runtime changes no answer and leaves no worker`, async ({
    browser,
  }) => {
    const lab = await openLab(browser);
    const label = await labelByName(lab.page);
    await lab.page.evaluate((text) => {
      localStorage.setItem('perigee:runtime:digits', text);
    }, note);
    await visitLab(lab.page, lab.host);
    expect(await labelByName(lab.page)).toBe(label);
    await expect.poll(() => lab.page.workers().length).toBe(0);
    expect(await lab.page.evaluate(() => localStorage.getItem('perigee:runtime:digits'))).toContain(
      '"backend":"wasm"',
    );
    await lab.close();
  });

for (const code of ['init-updater', 'versions-'])
  test(`without the code of "${code}" a load is refused with NETWORK`, async ({ browser }) => {
    const lab = await openLab(browser);
    await lab.page.route(`**/${code}*.js`, (route) => route.abort());
    const refused = await lab.page.evaluate(async () => {
      const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
      const error: unknown = await perigee.load('wdbc').catch((cause: unknown) => cause);
      return (error as { code?: string }).code;
    });
    expect(refused).toBe('NETWORK');
    await lab.close();
  });
