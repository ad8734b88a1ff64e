// The ways to try a set-up: its development server, what it builds, and programs.
import { execFile, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, ROOT } from '../../scripts/steps.mjs';
import { judgeEmitted } from './emitted.mjs';
import { openExtension } from './extension.mjs';
import { MODEL, passOn, serveFolder, strictHeaders } from './hosts.mjs';
import { judge, openPage } from './pages.mjs';
import { notes } from './report.mjs';
import { ALLOWED_WARNINGS } from './setups.mjs';

const START_MS = 300_000;
// Only a hang reaches this limit.
const RUN_MS = 600_000;
const BASE = '/app';
/** The environment of every command: that of a shell, without settings of npm. */
const VARIABLES = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
  MODEL,
  NEXT_TELEMETRY_DISABLED: '1',
  NG_CLI_ANALYTICS: 'false',
};

/**
 * @typedef {import('./setups.mjs').SetUp} SetUp
 * @typedef {{ folder: string, setUp: SetUp, browser: import('@playwright/test').Browser,
 *   registry: string }} Place
 * @typedef {{ marks: Record<string, string>, note: string }} Outcome
 * @typedef {(place: Place) => Promise<Outcome>} Attempt
 */

/**
 * @param {SetUp} setUp
 * @returns {[way: string, attempt: Attempt][]}
 */
export function waysOf({ dev, build, preview, run }) {
  /** @type {[string, Attempt | undefined | '' | false][]} */
  const ways = [
    ['dev', dev && inDevelopment],
    ['build', build && !preview && built],
    ['preview', preview && inPreview],
    ['run', run && asProgram],
  ];
  return ways.flatMap(([way, attempt]) => (attempt ? [[way, attempt]] : []));
}

/** @type {Attempt} */
async function inDevelopment(place) {
  for (const cache of ['node_modules/.vite', '.next', '.angular'])
    rmSync(join(place.folder, cache), { recursive: true, force: true });
  return atServer(place, place.setUp.dev ?? '');
}

/** @type {Attempt} */
async function inPreview(place) {
  const { folder, setUp, registry } = place;
  const { output, emits } = await buildAnew(folder, setUp, '', registry);
  const { marks, note } = await atServer(place, setUp.preview ?? '');
  const warnings = warningsOf(output);
  return { marks: { ...marks, emits: warnings[0] ?? emits }, note: notes([note, ...warnings]) };
}

/**
 * @param {Place} place
 * @param {string} command that starts the server
 * @returns {Promise<Outcome>}
 */
async function atServer({ folder, setUp, browser, registry }, command) {
  const port = await freePort();
  const env = {
    ...VARIABLES,
    ...setUp.env,
    PORT: String(port),
    REGISTRY: registry,
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
 * Builds, and opens what was built at the root of a host and below a path.
 * @type {Attempt}
 */
async function built(place) {
  const { folder, setUp, registry } = place;
  const { output, emits } = await buildAnew(folder, setUp, '', registry);
  const { marks, said } = await opened(place, await hostOf(setUp, folder, registry));
  const below = isMovable(setUp) ? await builtBelow(place) : { base: '–', said: [], output: '' };
  const warnings = warningsOf(output + below.output);
  return {
    marks: { ...marks, base: below.base, emits: warnings[0] ?? emits },
    note: notes([...said, ...below.said, ...warnings]),
  };
}

/** @param {SetUp} setUp whose host is a plain one */
function isMovable({ elsewhere: isElsewhere, policy, extension, offline }) {
  return !isElsewhere && !policy && !extension && !offline;
}

/**
 * Opens what was built below a path.
 * @param {Place} place
 */
async function builtBelow(place) {
  const { folder, setUp, registry } = place;
  const { output } = setUp.rebuild
    ? await buildAnew(folder, setUp, BASE, registry)
    : { output: '' };
  const host = await serveFolder(join(folder, setUp.out ?? ''), registry, { base: BASE });
  const { marks, said } = await opened(place, host);
  const wrong = Object.entries(marks).find(([, mark]) => !mark.startsWith('ok'));
  return { base: wrong ? wrong.join(': ') : 'ok', said, output };
}

/**
 * @param {string} folder
 * @param {SetUp} setUp
 * @param {string} base the path of the app on its host; empty for the root
 * @param {string} registry
 */
async function buildAnew(folder, { out = '', build, rebuild, env }, base, registry) {
  if (out !== '.') rmSync(join(folder, out), { recursive: true, force: true });
  const command = (base && rebuild) || (build ?? '');
  const variables = { ...env, BASE: base, REGISTRY: registry };
  const { stdout, stderr } = await runIn(folder, command, variables);
  const emits = judgeEmitted(join(folder, out === '.' ? 'dist' : out));
  return { output: stdout + stderr, emits };
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
 * @param {Place} place
 * @param {{ url: string, close(): void }} host
 */
async function opened({ folder, setUp: { extension, out = '', offline }, browser }, host) {
  try {
    if (extension) return await openExtension(join(folder, out), extension, host.url);
    return await openPage(browser, host.url, offline ? host.close : undefined);
  } finally {
    host.close();
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
  return serveFolder(root, registry, { headers });
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

/** @type {Attempt} */
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
  const variables = { ...VARIABLES, PATH: path, ...env };
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
  throw new Error(`The server did not answer: ${output().slice(-500)}`);
}
