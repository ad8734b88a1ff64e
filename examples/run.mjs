// npm run examples [-- --only vite-8,webpack]: builds small projects against the packed packages, as
// a newcomer would, and opens them. Prints a table. Needs `npm run build` and the demo models.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { freePort, main, ROOT, step, StepError } from '../scripts/steps.mjs';
import { passOn, serveFolder, strictHeaders } from './support/hosts.mjs';
import { openExtension } from './support/extension.mjs';
import { judge, openBrowser, openPage } from './support/pages.mjs';
import { installExample, packAll } from './support/projects.mjs';
import { SET_UPS } from './support/setups.mjs';

const MODEL = join(ROOT, 'models/wdbc/versions/1.0.0/model.onnx');
const START_MS = 120_000;
// Only a hang reaches this limit.
const RUN_MS = 600_000;

/**
 * @typedef {import('./support/setups.mjs').SetUp} SetUp
 * @typedef {{ name: string, way: string, marks: Record<string, string>, note: string }} Row
 */

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      ways: { type: 'string', default: 'dev,build,run' },
      registry: { type: 'string' },
      'keep-packed': { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',') ?? Object.keys(SET_UPS);
  const tries = values.ways.split(',');
  const registry = values.registry ?? findRegistry();
  const tarballs = await step('Packing', () => packAll(values['keep-packed']));
  const browser = await openBrowser();
  /** @type {Row[]} */
  const rows = [];
  try {
    for (const name of wanted) {
      const setUp = SET_UPS[name];
      if (!setUp) throw new StepError(`There is no example "${name}".`);
      const folder = await step(`Installing ${name}`, () =>
        installExample(setUp.folder ?? name, tarballs),
      );
      for (const [way, attempt] of ways(setUp).filter(([way]) => tries.includes(way)))
        rows.push(await tried(name, way, () => attempt({ folder, setUp, browser, registry })));
    }
  } finally {
    await browser.close();
  }
  report(rows);
});

function findRegistry() {
  const folders = ['registry', 'test-registry'].map((name) => join(ROOT, '.perigee', name));
  const found = folders.find((folder) => existsSync(folder));
  if (found) return found;
  throw new StepError('There is no registry. Run "node models/publish.mjs" first.');
}

/**
 * @typedef {{ folder: string, setUp: SetUp, browser: import('@playwright/test').Browser,
 *   registry: string }} Place
 * @typedef {{ marks: Record<string, string>, note: string }} Outcome
 * @param {SetUp} setUp
 * @returns {[way: string, attempt: (place: Place) => Promise<Outcome>][]}
 */
function ways({ dev, build, preview, run }) {
  return [
    ...(dev ? [/** @type {const} */ (['dev', inDevelopment])] : []),
    ...(build && !preview ? [/** @type {const} */ (['build', built])] : []),
    ...(preview ? [/** @type {const} */ (['preview', inPreview])] : []),
    ...(run ? [/** @type {const} */ (['run', asProgram])] : []),
  ].map(([way, attempt]) => [way, attempt]);
}

/**
 * @param {string} name
 * @param {string} way
 * @param {() => Promise<Outcome>} attempt
 * @returns {Promise<Row>}
 */
async function tried(name, way, attempt) {
  const start = performance.now();
  try {
    const { marks, note } = await attempt();
    const seconds = ((performance.now() - start) / 1_000).toFixed(0);
    const row = { name, way, marks, note: `${seconds} s${note && `; ${note}`}` };
    console.log(`  ${name} ${way}: ${JSON.stringify(marks)} ${row.note}`);
    return row;
  } catch (error) {
    console.log(`  ${name} ${way}: ${error}`);
    return { name, way, marks: { page: String(error).split('\n')[0] ?? '' }, note: '' };
  }
}

/**
 * @param {Place} place
 * @returns {Promise<Outcome>}
 */
async function inDevelopment(place) {
  for (const cache of ['node_modules/.vite', '.next'])
    rmSync(join(place.folder, cache), { recursive: true, force: true });
  return atServer(place, place.setUp.dev ?? '');
}

/**
 * @param {Place} place
 * @returns {Promise<Outcome>}
 */
async function inPreview(place) {
  const { folder, setUp, registry } = place;
  await runIn(folder, setUp.build ?? '', { ...setUp.env, REGISTRY: registry });
  return atServer(place, setUp.preview ?? '');
}

/**
 * @param {Place} place
 * @param {string} command that starts the server
 * @returns {Promise<Outcome>}
 */
async function atServer({ folder, setUp, browser, registry }, command) {
  const port = await freePort();
  const env = {
    ...process.env,
    ...setUp.env,
    PORT: String(port),
    REGISTRY: registry,
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const server = spawn(command, { cwd: folder, env, shell: true, detached: true });
  let output = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (text) => (output += text));
  const host = await passOn(port, registry);
  try {
    await answering(port, () => output);
    const { marks, said } = await openPage(browser, host.url + (setUp.path ?? ''));
    const lines = output.split('\n').filter((line) => /warn|error/i.test(line));
    return { marks, note: notes([...said, ...lines]) };
  } finally {
    host.close();
    // npx starts the server as a child, so the whole group is ended.
    if (server.pid !== undefined) process.kill(-server.pid);
  }
}

/**
 * @param {Place} place
 * @returns {Promise<Outcome>}
 */
async function built({ folder, setUp, browser, registry }) {
  if (setUp.out !== '.') rmSync(join(folder, setUp.out ?? ''), { recursive: true, force: true });
  await runIn(folder, setUp.build ?? '', setUp.env);
  const out = join(folder, setUp.out ?? '');
  const own = await hostOf(setUp, folder, registry);
  try {
    const { marks, said } = setUp.extension
      ? await openExtension(out, setUp.extension, own.url)
      : await openPage(browser, own.url, setUp.offline ? own.close : undefined);
    return { marks, note: notes([sizeOf(setUp.out === '.' ? join(out, 'dist') : out), ...said]) };
  } finally {
    own.close();
  }
}

/**
 * @param {SetUp} setUp
 * @param {string} folder
 * @param {string} registry
 */
function hostOf({ elsewhere: isElsewhere, out = '', policy }, folder, registry) {
  if (isElsewhere) return elsewhere(folder, registry);
  const root = join(folder, out);
  if (!policy) return serveFolder(root, registry);
  const html = readFileSync(join(root, 'index.html'), 'utf8');
  const headers = strictHeaders(html, policy === 'isolated');
  return serveFolder(root, registry, undefined, headers);
}

/**
 * A page whose scripts come from another origin.
 * @param {string} folder
 * @param {string} registry
 */
async function elsewhere(folder, registry) {
  const cdn = await serveFolder(folder, registry);
  const page = await serveFolder(folder, registry, (text) =>
    text.replaceAll('"/node_modules/', `"${cdn.url}node_modules/`),
  );
  return {
    url: page.url,
    close() {
      page.close();
      cdn.close();
    },
  };
}

/**
 * @param {Place} place
 * @returns {Promise<Outcome>}
 */
async function asProgram({ folder, setUp, registry }) {
  const output = await runIn(folder, setUp.run ?? '', { MODEL, REGISTRY: registry });
  const last = output.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) return { marks: { file: 'ok', wasm: 'ok', registry: 'ok' }, note: '' };
  return { marks: Object.fromEntries(Object.entries(JSON.parse(last)).map(judge)), note: '' };
}

/**
 * @param {string} folder
 * @param {string} command
 * @param {Readonly<Record<string, string>>} [env]
 */
async function runIn(folder, command, env = {}) {
  const shell = promisify(execFile);
  // Deno and Bun are installed at the root.
  const path = `${process.env['PATH']}${delimiter}${join(ROOT, 'node_modules', '.bin')}`;
  const variables = { ...process.env, PATH: path, NEXT_TELEMETRY_DISABLED: '1', ...env };
  const options = { cwd: folder, env: variables, shell: true, timeout: RUN_MS, maxBuffer: 1e8 };
  const { stdout } = await shell(command, options);
  return stdout;
}

/**
 * Waits until a server answers.
 * @param {number} port
 * @param {() => string} output what the server said so far
 */
async function answering(port, output) {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error(`The server did not answer: ${output().slice(-500)}`);
}

/** @param {string} folder */
function sizeOf(folder) {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.reduce(
    (sum, { name, parentPath }) => sum + statSync(join(parentPath, name)).size,
    0,
  );
  return `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {readonly string[]} said */
function notes(said) {
  return [...new Set(said)]
    .filter((text) => text !== '')
    .slice(0, 4)
    .join('; ')
    .slice(0, 400);
}

/** @param {readonly Row[]} rows */
function report(rows) {
  const columns = ['file', 'wasm', 'registry', 'offline'];
  const cell = (/** @type {Row} */ { marks }, /** @type {string} */ column) =>
    marks[column] ?? marks['page'] ?? (column === 'offline' ? 'not tried' : 'no answer');
  console.log(`\n| set-up | way | ${columns.join(' | ')} | notes |\n|---|---|---|---|---|---|---|`);
  for (const row of rows) {
    const cells = columns.map((column) => cell(row, column));
    console.log(`| ${[row.name, row.way, ...cells, row.note].join(' | ')} |`);
  }
  const bad = rows.filter((row) =>
    columns.some((column) => !/^(ok|not tried)/.test(cell(row, column))),
  );
  if (bad.length > 0)
    throw new StepError(`Not right: ${bad.map(({ name, way }) => `${name} ${way}`).join(', ')}.`);
}
