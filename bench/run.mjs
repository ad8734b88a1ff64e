// npm run bench: perigee against hand-written onnxruntime-web, the sides interleaved in one browser. Prints tables; --write puts them into RESULTS.md.
import { chromium } from '@playwright/test';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, totalmem } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { build as buildPackages, findChromium, install, main, node, ROOT, step } from '../scripts/steps.mjs';
import { cnn, mlp, mobilenet } from './models/generate.mjs';

const OUT = join(ROOT, '.perigee', 'bench');
const quick = process.argv.includes('--quick');
const MODELS = [
  { name: 'mlp', title: 'MLP 30-32-16-1', make: mlp, shape: [1, 30], rounds: quick ? 20 : 150, group: 20 },
  { name: 'cnn', title: 'CNN 28×28', make: cnn, shape: [1, 1, 28, 28], rounds: quick ? 20 : 150, group: 20 },
  { name: 'mobilenet', title: 'MobileNetV2 224×224', make: mobilenet, shape: [1, 3, 224, 224], rounds: quick ? 4 : 20, group: 3 },
];

await main(async () => {
  await step('Installing dependencies', install);
  await buildPackages();
  await step('Building models and page', prepare);
  const executablePath = await findChromium();
  const server = await serve();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
  try {
    const sections = [];
    sections.push(await step('Predict latency', () => predictLatency(browser, server.url)));
    sections.push(await step('Main-thread blocking', () => mainThread(browser, server.url)));
    sections.push(await step('Start', () => starts(executablePath, server.url)));
    sections.push(wire());
    const report = sections.map(({ title, note, table }) => `## ${title}\n\n${note}\n\n${markdown(table)}`).join('\n\n');
    console.log(`\n${report}`);
    if (process.argv.includes('--write')) {
      const file = join(ROOT, 'bench', 'RESULTS.md');
      // What people wrote about the figures stays below them.
      const judged = existsSync(file) ? (readFileSync(file, 'utf8').split('\n## Against the goals')[1] ?? '') : '';
      writeFileSync(file, `${preamble(browser.version())}\n\n${report}\n${judged && `\n## Against the goals${judged}`}`);
    }
  } finally {
    await browser.close();
    server.close();
  }
});

async function prepare() {
  const models = join(OUT, 'models');
  mkdirSync(models, { recursive: true });
  for (const { name, make } of MODELS) writeFileSync(join(models, `${name}.onnx`), make());
  await build({ root: join(ROOT, 'bench', 'page'), configFile: false, logLevel: 'error', worker: { format: 'es' }, build: { outDir: join(OUT, 'page'), emptyOutDir: true, target: 'es2022' } });
  const perigee = join(ROOT, 'packages', 'cli', 'bin', 'perigee.js');
  for (const { name } of MODELS) {
    await node(perigee, ['pack', join(models, `${name}.onnx`), '--name', name, '--version', '1.0.0', '--golden-count', '1', '--out', join(OUT, 'releases')]);
    await node(perigee, ['publish', `${name}@1.0.0`, '--from', join(OUT, 'releases'), '--to', join(OUT, 'registry')]);
  }
}

async function predictLatency(browser, url) {
  const table = [['model', 'main p50 ms', 'worker p50 / p99', 'comlink p50 / p99', 'perigee p50 / p99', 'perigee ÷ worker', 'perigee ÷ comlink', 'perigee ÷ main']];
  for (const { name, title, shape, rounds, group } of MODELS) {
    const page = await newPage(browser, url);
    const ms = await page.evaluate((options) => globalThis.bench.latency(options), { url: `/models/${name}.onnx`, shape, rounds, group, threads: 1, names: ['main', 'worker', 'comlink', 'perigee'] });
    await page.context().close();
    const p50 = Object.fromEntries(Object.entries(ms).map(([side, list]) => [side, quantile(list, 0.5)]));
    const both = (side) => `${f(p50[side])} / ${f(quantile(ms[side], 0.99))}`;
    table.push([title, f(p50.main), both('worker'), both('comlink'), both('perigee'), ratio(p50.perigee, p50.worker), ratio(p50.perigee, p50.comlink), ratio(p50.perigee, p50.main)]);
  }
  return { title: 'predict()', note: 'One call after the other, one wasm thread, cross-origin isolated page, sides in random turns. `worker`: onnxruntime-web in a hand-written worker; `comlink`: the same behind plain Comlink; `main`: on the main thread. perigee also validates the input, times the stages and returns ids.', table };
}

async function mainThread(browser, url) {
  const table = [['model', 'raw, main thread: load / predict ms', 'raw worker', 'perigee', 'load, perigee ÷ raw main']];
  for (const { name, title, shape } of MODELS) {
    const row = {};
    for (const side of ['main', 'worker', 'perigee']) {
      const runs = [];
      for (let i = 0; i < (quick ? 1 : 3); i += 1) {
        const page = await newPage(browser, url);
        runs.push(await page.evaluate((options) => globalThis.bench.blocking(options), { url: `/models/${name}.onnx`, shape, name: side, calls: name === 'mobilenet' ? 20 : 200 }));
        await page.context().close();
      }
      row[side] = { loadMs: quantile(runs.map((run) => run.loadMs), 0.5), predictMs: quantile(runs.map((run) => run.predictMs), 0.5) };
    }
    const both = ({ loadMs, predictMs }) => `${f(loadMs)} / ${f(predictMs)}`;
    table.push([title, both(row.main), both(row.worker), both(row.perigee), ratio(row.perigee.loadMs, row.main.loadMs)]);
  }
  return { title: 'Longest main-thread block', note: 'Longest time a 1 ms timer of the page could not run (timers are clamped: the idle floor is about 4 ms), median of three pages.', table };
}

async function starts(executablePath, url) {
  const table = [['model', 'visit', 'raw main ms', 'raw worker', 'perigee, by URL', 'perigee, by name', 'by name ÷ raw main']];
  for (const { name, title, shape } of MODELS) {
    const sides = { main: { name: 'main' }, worker: { name: 'worker' }, perigee: { name: 'perigee' }, registered: { ref: name } };
    const first = {};
    const later = {};
    for (let round = 0; round < (quick ? 1 : 3); round += 1) {
      for (const [side, options] of Object.entries(sides)) {
        // A new browser: no HTTP cache, no compiled code, no store.
        const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
        const context = await browser.newContext();
        for (const into of [first, later]) {
          const page = await context.newPage();
          await page.goto(url);
          await page.waitForFunction(() => document.title === 'ready');
          (into[side] ??= []).push(await page.evaluate((request) => globalThis.bench.firstAnswer(request), { url: `/models/${name}.onnx`, shape, ...options }));
          await page.close();
        }
        await browser.close();
      }
    }
    for (const [visit, ms] of [['first', first], ['later', later]]) {
      const p = Object.fromEntries(Object.entries(ms).map(([side, list]) => [side, quantile(list, 0.5)]));
      table.push([title, visit, f(p.main), f(p.worker), f(p.perigee), f(p.registered), ratio(p.registered, p.main)]);
    }
  }
  return { title: 'Navigation to first answer', note: 'Loopback, new browser for each first visit, median of three. `by name`: from the registry into IndexedDB, every chunk verified and golden samples passed on the first visit; from IndexedDB without network on later ones.', table };
}

/** Bytes a visitor's browser fetches before the first answer on the CPU. */
function wire() {
  const assets = join(OUT, 'page', 'assets');
  const rows = readdirSync(assets).filter((file) => !/jspi|asyncify|webgpu|raw-worker|comlink-worker/.test(file)).map((file) => {
    const content = readFileSync(join(assets, file));
    const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: content.length > 1e6 ? 9 : 11 } });
    return [file.replace(/-[\w-]{8}\./, '.'), String(content.length), String(gzipSync(content, { level: 9 }).length), String(brotli.length)];
  });
  const models = MODELS.map(({ name }) => {
    const size = statSync(join(OUT, 'models', `${name}.onnx`)).size;
    return [`${name}.onnx`, String(size), '', ''];
  });
  return { title: 'Bytes on the wire', note: 'Files of the bench page that a CPU visitor loads (the page holds all three sides, so the entry script is larger than an app’s), and the models.', table: [['file', 'bytes', 'gzip -9', 'brotli'], ...rows, ...models] };
}

async function newPage(browser, url) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

function serve() {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
  const folders = [['/models/', join(OUT, 'models')], ['/registry/', join(OUT, 'registry')], ['/', join(OUT, 'page')]];
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://host').pathname;
    const [prefix, folder] = folders.find(([known]) => path.startsWith(known));
    const file = join(folder, normalize(path.slice(prefix.length) || 'index.html'));
    try {
      const content = readFileSync(file);
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-length': content.length, 'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache', etag: `"${content.length}"`, 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => { server.closeAllConnections(); server.close(); } })));
}

function preamble(chromiumVersion) {
  const [cpu] = cpus();
  return `# Bench results\n\nWritten by \`npm run bench -- --write\`; ratios carry over to other machines, milliseconds do not.\n\nMachine: ${cpus().length} × ${cpu.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, no GPU; Node ${process.versions.node}, Chromium ${chromiumVersion} headless.`;
}

function markdown([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

function f(ms) {
  return ms < 10 ? ms.toFixed(3) : ms.toFixed(0);
}

function ratio(a, b) {
  return `${(a / b).toFixed(2)}×`;
}
