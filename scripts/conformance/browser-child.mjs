// node browser-child.mjs <sdk|raw> <data folder>: the same as child.mjs in a browser, for WebGPU.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, relative } from 'node:path';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { CHROMIUM_ARGS } from '../chromium-args.mjs';
import { contentType } from '../content-types.mjs';
import { findChromium, ROOT } from '../steps.mjs';

const [side = '', data = ''] = process.argv.slice(2);
const OUT = join(ROOT, '.perigee', 'conformance', side);

await build({
  root: join(import.meta.dirname, 'page'),
  configFile: false,
  logLevel: 'silent',
  worker: { format: 'es' },
  build: { outDir: OUT, emptyOutDir: true, target: 'es2022' },
});
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
  const file = path.startsWith('/data/')
    ? join(data, path.slice(6))
    : join(OUT, path === '/' ? 'index.html' : path);
  try {
    const content = readFileSync(file);
    response.writeHead(200, { 'content-type': contentType(file) }).end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
// A software adapter is enough: the kernels are the same, and test machines have no GPU.
const browser = await chromium.launch({
  executablePath: await findChromium(),
  args: [...CHROMIUM_ARGS, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
});
// Playwright cleans up when this process is killed. The process itself must end with its parent,
// and with the page.
/** @param {number} code */
const end = (code) => browser.close().finally(() => process.exit(code));
process.on('disconnect', () => end(0));
process.on('SIGTERM', () => end(0));
const page = await browser.newPage();
page.on('crash', () => end(1));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
await page.goto(`http://127.0.0.1:${port}/`);
await page.waitForFunction(() => document.title === 'ready');

/** @param {string} path */
const url = (path) =>
  `/data/${relative(data, path).split(/[/\\]/).map(encodeURIComponent).join('/')}`;
/** @param {{ id: number, item: import('./types.d.ts').TestCase }} message */
async function answer({ id, item }) {
  const located = {
    model: url(item.model),
    sets: item.sets.map(({ inputs, outputs }) => ({
      inputs: inputs.map(url),
      outputs: outputs.map(url),
    })),
  };
  const result = await page
    .evaluate(({ name, one }) => globalThis.evaluateCase(name, one), { name: side, one: located })
    .catch((error) => ({ status: 'crashed', reason: String(error.message).slice(0, 200) }));
  process.send?.({ id, result });
}

process.on('message', answer);
process.send?.('ready');
