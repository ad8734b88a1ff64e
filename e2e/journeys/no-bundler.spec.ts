import { expect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
