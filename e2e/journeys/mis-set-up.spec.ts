import { chromium, expect, test } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { build } from 'esbuild';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStaticHost } from '../support/static-host.ts';
import type { HostOptions } from '../support/static-host.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const FILES = { '/browser/': at('../../packages/core/dist/browser') };
const MODELS = { '/models/': at('../../models/wdbc/versions/1.0.0') };
const appOf = (load: string): string => `
  import { createPerigee, loadModel } from 'perigee';
  globalThis.told = ${load}.then(
    () => null,
    ({ code, message, details }) => ({ code, message, details }),
  );`;
// Without this backend the small file runs on the page, and needs no worker.
const FROM_FILE = "loadModel('/models/model.onnx', { backend: 'wasm' })";
const BY_NAME = "createPerigee({ registry: '/registry/' }).load('wdbc')";

interface AppOptions extends HostOptions {
  /** Code of the first load. */
  readonly load?: string;
  readonly hostName?: string;
}

/**
 * Bundles an app with a bundler that copies none of the files that code names, opens the app, and
 * resolves to the error of its first load.
 */
async function firstError(
  browser: Browser,
  format: 'esm' | 'iife',
  folders: Readonly<Record<string, string>>,
  { load = FROM_FILE, hostName = '127.0.0.1', ...options }: AppOptions = {},
): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-mis-set-up-'));
  await build({
    stdin: { contents: appOf(load), resolveDir: at('..') },
    outfile: join(folder, 'app/app.mjs'),
    bundle: true,
    format,
    logLevel: 'silent',
  });
  const script = '<!doctype html><script type="module" src="/app/app.mjs"></script>';
  await writeFile(join(folder, 'index.html'), script);
  const host = await startStaticHost({ '/': folder, ...MODELS, ...folders }, options);
  const page = await browser.newPage();
  await page.goto(host.url.replace('127.0.0.1', hostName));
  await page.waitForFunction('globalThis.told');
  const told = await page.evaluate('globalThis.told');
  await page.close();
  await host.close();
  await rm(folder, { recursive: true, force: true });
  return told;
}

const said = (...words: string[]): Record<string, unknown> => ({
  code: 'BACKEND_UNAVAILABLE',
  message: expect.stringMatching(new RegExp(words.join('.*'))),
});

test('a worker that the bundler left out is named, with the status and the setting', async ({
  browser,
}) => {
  const told = await firstError(browser, 'esm', {});
  expect(told).toMatchObject(
    said('http://\\S+/browser/inference-worker.js was answered with status 404', 'assetsUrl'),
  );
  expect(told).toMatchObject({
    details: { url: expect.stringMatching(/\/browser\/inference-worker\.js$/) },
  });
});

test('a page that is answered in place of a worker is told, with its type', async ({ browser }) => {
  const told = await firstError(browser, 'esm', FILES, { types: { '.js': 'text/html' } });
  expect(told).toMatchObject(said('inference-worker.js', 'status 200 as text/html', 'assetsUrl'));
});

test('a bundle without import.meta is told which setting it needs', async ({ browser }) => {
  const told = await firstError(browser, 'iife', {});
  expect(told).toMatchObject(said('no address', 'ES modules', 'assetsUrl'));
});

test('a registry on a page that is not secure is told to use HTTPS', async () => {
  const hostName = 'app.test';
  const { args = [], ...launch } = test.info().project.use.launchOptions ?? {};
  const rules = `--host-resolver-rules=MAP ${hostName} 127.0.0.1`;
  const browser = await chromium.launch({ ...launch, args: [...args, rules] });
  const told = await firstError(browser, 'esm', FILES, { load: BY_NAME, hostName });
  expect(told).toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringMatching(/crypto\.subtle.*HTTPS/),
  });
  expect(await firstError(browser, 'esm', FILES, { hostName })).toBe(null);
  await browser.close();
});
