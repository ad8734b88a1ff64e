// npm run examples [-- --only vite-8,webpack]: builds small projects against the packed packages, as
// a newcomer would, and opens them. Prints a table. Needs `npm run build` and the demo models.
import { execFile, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { freePort, main, ROOT, step, StepError } from '../scripts/steps.mjs';
import { judgeEmitted } from './support/emitted.mjs';
import { passOn, serveFolder } from './support/hosts.mjs';
import { judge, openBrowser, openPage } from './support/pages.mjs';
import { installExample, packAll } from './support/projects.mjs';
import { notes, report } from './support/report.mjs';
import { ALLOWED_WARNINGS, SET_UPS } from './support/setups.mjs';

const MODEL = join(ROOT, 'models/wdbc/versions/1.0.0/model.onnx');
const START_MS = 300_000;
const RUN_MS = 600_000;
const BASE = '/app';
/** What every command finds in its environment. */
const VARIABLES = { MODEL, NEXT_TELEMETRY_DISABLED: '1', NG_CLI_ANALYTICS: 'false' };

/**
 * @typedef {import('./support/setups.mjs').SetUp} SetUp
 * @typedef {import('./support/report.mjs').Row} Row
 */

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      registry: { type: 'string' },
      'keep-packed': { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',') ?? Object.keys(SET_UPS);
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
      for (const [way, attempt] of ways(setUp))
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
function ways({ dev, build, run }) {
  return [
    ...(dev ? [/** @type {const} */ (['dev', inDevelopment])] : []),
    ...(build ? [/** @type {const} */ (['build', built])] : []),
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
async function inDevelopment({ folder, setUp, browser, registry }) {
  for (const cache of ['node_modules/.vite', '.next', '.angular'])
    rmSync(join(folder, cache), { recursive: true, force: true });
  const port = await freePort();
  const env = { ...process.env, ...setUp.env, ...VARIABLES, PORT: String(port) };
  const server = spawn(setUp.dev ?? '', { cwd: folder, env, shell: true, detached: true });
  let output = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (text) => (output += text));
  const host = await passOn(port, registry);
  try {
    await answering(port, () => output);
    const { marks, said } = await openPage(browser, host.url);
    const lines = output.split('\n').filter((line) => /warn|error/i.test(line));
    return { marks, note: notes([...said, ...lines]) };
  } finally {
    host.close();
    // npx starts the server as a child, so the whole group is ended.
    if (server.pid !== undefined) process.kill(-server.pid);
  }
}

/**
 * Builds, and opens what was built at the root of a host and below a path.
 * @param {Place} place
 * @returns {Promise<Outcome>}
 */
async function built({ folder, setUp, browser, registry }) {
  const out = join(folder, setUp.out ?? '');
  const output = await buildAnew(folder, setUp, '');
  const emits = judgeEmitted(setUp.out === '.' ? join(out, 'dist') : out);
  const own = setUp.elsewhere
    ? await elsewhere(folder, registry)
    : await serveFolder(out, registry);
  const { marks, said } = await opened(browser, own);
  const rebuilt = setUp.rebuild ? await buildAnew(folder, setUp, BASE) : '';
  const below = await opened(browser, await serveFolder(out, registry, { base: BASE }));
  const wrong = Object.entries(below.marks).find(([, mark]) => !mark.startsWith('ok'));
  const base = setUp.elsewhere ? '–' : wrong ? wrong.join(': ') : 'ok';
  const warnings = warningsOf(output + rebuilt);
  return {
    marks: { ...marks, base, emits: warnings[0] ?? emits },
    note: notes([...said, ...below.said, ...warnings]),
  };
}

/**
 * @param {string} folder
 * @param {SetUp} setUp
 * @param {string} base the path of the app on its host; empty for the root
 */
async function buildAnew(folder, { out, build, rebuild, env }, base) {
  if (out !== '.') rmSync(join(folder, out ?? ''), { recursive: true, force: true });
  const command = (base && rebuild) || (build ?? '');
  const { stdout, stderr } = await runIn(folder, command, { ...env, BASE: base });
  return stdout + stderr;
}

/** @param {string} output of a bundler */
function warningsOf(output) {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /warn|\(!\)|⚠/i.test(line))
    .filter((line) => !ALLOWED_WARNINGS.some((allowed) => allowed.test(line)));
}

/**
 * @param {import('@playwright/test').Browser} browser
 * @param {{ url: string, close(): void }} host
 */
async function opened(browser, host) {
  try {
    return await openPage(browser, host.url);
  } finally {
    host.close();
  }
}

/**
 * A page whose scripts come from another origin.
 * @param {string} folder
 * @param {string} registry
 */
async function elsewhere(folder, registry) {
  const cdn = await serveFolder(folder, registry);
  const page = await serveFolder(folder, registry, {
    change: (text) => text.replaceAll('"./node_modules/', `"${cdn.url}node_modules/`),
  });
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
  const { stdout } = await runIn(folder, setUp.run ?? '', { REGISTRY: registry });
  const last = stdout.trim().split('\n').at(-1) ?? '';
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
  const variables = { ...process.env, ...VARIABLES, PATH: path, ...env };
  const options = { cwd: folder, env: variables, shell: true, timeout: RUN_MS, maxBuffer: 1e8 };
  return shell(command, options);
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
  throw new Error(`The development server did not answer: ${output().slice(-500)}`);
}
