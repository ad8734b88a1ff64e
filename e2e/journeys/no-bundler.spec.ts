import { expect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRegistry } from '../../campaigns/shared/two-versions.mjs';
import { startStaticHost } from '../support/static-host.ts';

const FOLDERS = {
  '/anywhere/': fileURLToPath(new URL('../../packages/core/dist/browser', import.meta.url)),
  '/models/': fileURLToPath(new URL('../../models/wdbc/versions/1.0.0', import.meta.url)),
  '/tfjs/': fileURLToPath(new URL('../models/tfjs-net', import.meta.url)),
};

/** The result of a load in the page: the engine, or the code and message of the error. */
type Outcome = { readonly engine: string } | { readonly code: string; readonly message: string };

/** Opens a page that has the package's files in a folder of any name, and no bundler. */
async function openPage(browser: Browser): Promise<{ page: Page; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-plain-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>plain</title>');
  const host = await startStaticHost({ '/': folder, ...FOLDERS });
  const page = await browser.newPage();
  await page.goto(host.url);
  return {
    page,
    async close() {
      await page.close();
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function load(page: Page, source: string, options: object, parts: readonly string[] = []) {
  return page.evaluate(
    async ({ source, options, parts }): Promise<Outcome> => {
      const scripts = ['perigee', ...parts].map((name) => import(`/anywhere/${name}.js`));
      const [{ loadModel }] = await Promise.all(scripts);
      try {
        const model = await loadModel(source, options);
        await model.dispose();
        return { engine: model.engine };
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return { code, message };
      }
    },
    { source, options, parts },
  );
}

test('a page without a bundler loads models from a folder of any name', async ({ browser }) => {
  const { page, close } = await openPage(browser);
  expect(await load(page, '/models/model.onnx', {})).toEqual({ engine: 'instant' });
  const onWasm = { backend: 'wasm', threads: 2 };
  expect(await load(page, '/models/model.onnx', onWasm)).toEqual({ engine: 'onnx' });
  await close();
});

test('a part that the app does not import is named', async ({ browser }) => {
  const { page, close } = await openPage(browser);
  expect(await load(page, '/tfjs/model.json', {})).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: expect.stringContaining("import 'perigee/tfjs'"),
  });
  expect(await load(page, '/models/model.onnx', { backend: 'webgpu' })).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    message: expect.stringContaining("import 'perigee/webgpu'"),
  });
  expect(await load(page, '/tfjs/model.json', {}, ['tfjs'])).toEqual({ engine: 'tfjs' });
  await close();
});

test('assetsUrl names the folder of all files', async ({ browser }) => {
  const { page, close } = await openPage(browser);
  const right = { backend: 'wasm', assetsUrl: 'anywhere' };
  expect(await load(page, '/models/model.onnx', right)).toEqual({ engine: 'onnx' });
  const wrong = { backend: 'wasm', assetsUrl: '/nowhere/' };
  expect(await load(page, '/models/model.onnx', wrong)).toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
  });
  await close();
});

test('a first visit by name starts the runtime before it knows the model, where only one can be needed', async ({
  browser,
}, { outputDir }) => {
  const { folder } = await makeRegistry(`${outputDir}/registry`);
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>plain</title>');
  const host = await startStaticHost({ '/': folder, ...FOLDERS });
  const isWasm = (path: string): boolean => path.endsWith('/ort-wasm-simd-threaded.wasm');
  const visit = async (parts: readonly string[], options: object): Promise<string> => {
    host.forget();
    const page = await browser.newPage();
    await page.goto(host.url);
    const engine = await page.evaluate(
      async ({ parts, options }) => {
        const scripts = ['perigee', ...parts].map((name) => import(`/anywhere/${name}.js`));
        const [{ createPerigee }] = await Promise.all(scripts);
        const perigee = createPerigee({ registry: new URL('/', location.href).href });
        const { engine } = await perigee.load('digits', { update: 'local', ...options });
        await perigee.dispose();
        return engine as string;
      },
      { parts, options },
    );
    await page.close();
    return engine;
  };
  const wasmAndManifest = (): readonly number[] => [
    host.requests.findIndex(isWasm),
    host.requests.findIndex((path) => path.endsWith('.manifest.json')),
  ];

  // No metadata is answered until the wasm is asked for.
  const asked = new Promise<void>((resolve) =>
    host.onRequest((path) => {
      if (isWasm(path)) resolve();
      return false;
    }),
  );
  host.hold((path) => path.startsWith('/metadata/'));
  const first = visit([], { backend: 'wasm' });
  await asked;
  host.hold(() => false);
  expect(await first).toBe('onnx');
  expect(host.requests.filter(isWasm)).toHaveLength(1);

  // The model may be one for TensorFlow.js, or so small that it needs no wasm.
  expect(await visit(['tfjs'], { backend: 'wasm' })).toBe('onnx');
  const [wasm, manifest] = wasmAndManifest();
  expect(wasm).toBeGreaterThan(manifest as number);
  expect(await visit([], {})).toBe('instant');
  expect(host.requests.filter(isWasm)).toEqual([]);
  await host.close();
});
