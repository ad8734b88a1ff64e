import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import type { Backend } from 'perigee';
import { openLab } from '../support/lab.ts';
import { isInferenceWorker, prefixScript } from '../support/worker-script.ts';

const CASES = fileURLToPath(new URL('../cases/models', import.meta.url));

/** Loads a model, and tells the error's code and message; null when there is none. */
function failure(page: Page, options: { backend?: Backend; wasmUrl?: string }): Promise<{ name: string; code: string; message: string } | null> {
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

/** What `doctor()` says of the wasm runtime. */
function wasmFindings(page: Page, config: { wasmUrl?: string } = {}) {
  return page.evaluate(async (given) => {
    const perigee = globalThis.lab.createPerigee({ store: 'memory', ...given });
    const findings = await perigee.doctor();
    await perigee.dispose();
    return findings.filter(({ id }) => id.startsWith('wasm'));
  }, config);
}

test('a wrong wasmUrl is a backend that cannot start, and the next load starts anew', async ({ browser }) => {
  const lab = await openLab(browser, { models: CASES });
  const told = await failure(lab.page, { backend: 'wasm', wasmUrl: `${lab.host.url}nowhere/` });
  expect(told).toMatchObject({ name: 'PerigeeError', code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toContain(`${lab.host.url}nowhere/`);
  expect(await wasmFindings(lab.page, { wasmUrl: `${lab.host.url}nowhere/` })).toMatchObject([
    { id: 'wasm-unavailable', severity: 'error', remedy: expect.stringContaining(`${lab.host.url}nowhere/`) },
  ]);
  expect(await failure(lab.page, { backend: 'wasm' })).toBeNull();
  await lab.close();
});

test('an HTML page in place of the wasm file is a backend that cannot start', async ({ browser }) => {
  const lab = await openLab(browser, { models: CASES });
  lab.host.tamper((path) => path.endsWith('.wasm'), () => Buffer.from('<!doctype html><title>Not here</title>'));
  const told = await failure(lab.page, { backend: 'wasm' });
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toContain('wasmUrl');
  expect(await wasmFindings(lab.page)).toMatchObject([{ id: 'wasm-unavailable', severity: 'error', why: expect.stringContaining('WebAssembly') }]);
  lab.host.tamper(() => false, (bytes) => bytes);
  expect(await failure(lab.page, { backend: 'wasm' })).toBeNull();
  await lab.close();
});

test('without a GPU adapter webgpu is unavailable', async ({ browser }) => {
  const lab = await openLab(browser, { models: CASES });
  lab.host.tamper(isInferenceWorker, prefixScript(() => {
    const gpu = (navigator as unknown as { gpu?: object }).gpu;
    if (gpu) Object.defineProperty(Object.getPrototypeOf(gpu), 'requestAdapter', { value: () => Promise.resolve(null) });
  }));
  const told = await failure(lab.page, { backend: 'webgpu' });
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toContain('GPU');
  await lab.close();
});

const SCRIPTS = "script-src 'self'";
const STRICT = [
  ['no WebAssembly', SCRIPTS, 'wasm', ["script-src 'wasm-unsafe-eval'"]],
  ['no worker', `${SCRIPTS}; worker-src 'none'`, 'cpu', ["worker-src 'self'"]],
] as const;

for (const [what, policy, backend, words] of STRICT) {
  test(`a policy that allows ${what} is a backend that cannot start, with the mend`, async ({ browser }) => {
    const lab = await openLab(browser, { models: CASES, headers: { 'content-security-policy': policy } });
    const told = await failure(lab.page, { backend });
    expect(told).toMatchObject({ name: 'PerigeeError', code: 'BACKEND_UNAVAILABLE' });
    for (const word of words) expect(told?.message).toContain(word);
    await lab.close();
  });
}

test('a policy without WebAssembly and blob: leaves the instant engine', async ({ browser }) => {
  const headers = { 'content-security-policy': `${SCRIPTS}; worker-src 'self'` };
  const lab = await openLab(browser, { models: CASES, headers });
  expect(await failure(lab.page, {})).toBeNull();
  await lab.close();
});

const TFJS = fileURLToPath(new URL('../models', import.meta.url));

test('an HTML page in place of the wasm file of TensorFlow.js is told, and mended by serving the file', async ({ browser }) => {
  const lab = await openLab(browser, { models: TFJS });
  const load = () =>
    lab.page.evaluate(async () => {
      try {
        const model = await globalThis.lab.loadModel('/models/tfjs-net/model.json', { backend: 'wasm' });
        await model.dispose();
        return null;
      } catch (error) {
        const { code, message } = error as Error & { code: string };
        return { code, message };
      }
    });
  lab.host.tamper((path) => path.endsWith('.wasm'), () => Buffer.from('<!doctype html><title>Not here</title>'));
  const told = await load();
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toMatch(/is not a WebAssembly file.*wasmUrl/);
  lab.host.tamper(() => false, (bytes) => bytes);
  expect(await load()).toBeNull();
  await lab.close();
});

test('without WebGL the webgl backend is unavailable and others are named', async ({ browser }) => {
  const lab = await openLab(browser, { models: TFJS });
  lab.host.tamper((path) => path.includes('tfjs-worker') || isInferenceWorker(path), prefixScript(() => {
    Object.defineProperty(OffscreenCanvas.prototype, 'getContext', { value: () => null });
  }));
  const told = await lab.page.evaluate(async () => {
    const error = await globalThis.lab.loadModel('/models/tfjs-net/model.json', { backend: 'webgl' }).then(() => null, (caught: unknown) => caught as Error & { code: string });
    return error && { code: error.code, message: error.message };
  });
  expect(told).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(told?.message).toMatch(/backend "webgl".*WebGL in a worker.*"wasm" or "cpu"/);
  await lab.close();
});
