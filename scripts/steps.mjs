// Shared by the scripts of this folder. Plain Node: nothing here may need an installed dependency.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { compressFolder } from './compress.mjs';
import { EVERY_MS } from './progress.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MIN_NODE = [20, 19, 0];

/**
 * `env` is added to this process's variables. `show` prints the output while the command runs.
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [show]
 * @property {boolean} [allowFailure]
 * @property {string} [cwd] default: the root of the repository
 */

/** A failure that is shown to the person as one sentence, without a stack. */
export class StepError extends Error {}

/**
 * Runs a script's main function. A StepError ends it with its sentence and exit code 1.
 * @param {() => Promise<void> | void} work
 */
export async function main(work) {
  try {
    checkNode();
    process.chdir(ROOT);
    await work();
  } catch (error) {
    console.error(`\n✗ ${error instanceof StepError ? error.message : inspect(error)}`);
    process.exit(1);
  }
}

export function checkNode(version = process.versions.node) {
  const have = version.split('.').map(Number);
  for (const [i, wanted] of MIN_NODE.entries()) {
    const part = have[i] ?? 0;
    if (part > wanted) return;
    if (part < wanted)
      throw new StepError(
        `Perigee needs Node ${MIN_NODE.join('.')} or newer; this is ${version}. Install a ` +
          'newer one from nodejs.org and run the command again.',
      );
  }
}

/**
 * Prints what is being done and how long it took. In a log file it also prints from time to time
 * that the step goes on. Output of the step is shown only when it fails, or with `show`.
 * @template T
 * @param {string} name
 * @param {() => Promise<T> | T} work
 * @param {{ isBesideOthers?: boolean }} options a step that runs beside others prints whole lines
 * @returns {Promise<T>}
 */
export async function step(name, work, { isBesideOthers = false } = {}) {
  const start = performance.now();
  /** @param {number} digits */
  const seconds = (digits) => ((performance.now() - start) / 1_000).toFixed(digits);
  const title = `• ${name} …`;
  if (!isBesideOthers) process.stdout.write(title);
  const timer = setInterval(() => {
    if (process.stdout.isTTY) return;
    const line = `  ${name}: ${seconds(0)} s …`;
    process.stdout.write(isBesideOthers ? `${line}\n` : `\n${line}`);
  }, EVERY_MS);
  /** @param {string} end */
  const finish = (end) => console.log(`${isBesideOthers ? title : ''} ${end}`);
  try {
    const result = await work();
    finish(`${seconds(1)} s${typeof result === 'string' ? ` (${result})` : ''}`);
    return result;
  } catch (error) {
    finish('failed');
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Runs a command to its end. Resolves to its output; rejects with a StepError that carries it.
 * Windows starts a .cmd only in a shell, and a shell splits arguments at their spaces: arguments of
 * a .cmd may not contain any.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function run(
  command,
  args,
  { env = {}, show = false, allowFailure = false, cwd = ROOT } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command.endsWith('.cmd'),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
        if (show) process.stdout.write(text);
      });
    }
    child.on('error', (error) =>
      reject(new StepError(`"${command}" could not be started: ${error.message}`)),
    );
    child.on('close', (code) => {
      if (code === 0 || allowFailure) resolve({ code, output });
      else
        reject(
          new StepError(
            `"${[command, ...args].join(' ')}" failed with exit code ` +
              `${code}:\n${show ? '' : output.slice(-8_000)}`,
          ),
        );
    });
  });
}

/**
 * Runs a script in a Node process of its own.
 * @param {string} script
 * @param {readonly string[]} args
 * @param {RunOptions} options
 */
export function node(script, args = [], options = {}) {
  return run(process.execPath, [script, ...args], options);
}

/**
 * A package's command line tool, by the file that its package.json names, so that no shell or .cmd
 * shim is involved.
 * @param {string} packageName
 */
export function tool(packageName, bin = basename(packageName)) {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bins === 'string' ? bins : bins[bin]);
}

/** Installs the locked dependencies, unless exactly these are installed already. */
export async function install() {
  const lock = join(ROOT, 'package-lock.json');
  const stamp = join(ROOT, 'node_modules', '.perigee-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(lock))
    .update(process.version)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'up to date';
  await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund'], {
    // onnxruntime-node would download CUDA libraries that nothing here uses. Playwright's browsers
    // are installed later if needed.
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip', PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  });
  writeFileSync(stamp, wanted);
  return 'installed';
}

/** Types and JavaScript of every package, and the bundles of `perigee`. */
export async function compile() {
  await node(tool('typescript', 'tsc'), ['-b']);
  const { bundleAll } = await import('./bundle/bundle.mjs');
  await bundleAll();
}

/**
 * The JavaScript that Node runs, without the bundles for browsers. If nothing was edited, this takes
 * a quarter of a second.
 * @param {RunOptions} [options]
 */
export async function emit(options) {
  const result = await node(tool('typescript', 'tsc'), ['-b'], options);
  const { bundleChanged } = await import('./bundle/bundle.mjs');
  await bundleChanged();
  return result;
}

/** The collector serves the dashboard from beside its own code. */
export async function buildDashboard() {
  const args = ['build', 'packages/collector/dashboard', '--logLevel', 'warn'];
  // A test sets another NODE_ENV, with which React is built for development.
  await node(tool('vite'), args, { env: { NODE_ENV: 'production' } });
  await compressFolder(join(ROOT, 'packages', 'collector', 'dist', 'dashboard'));
}

/** Builds the packages, the dashboard and the demo. */
export async function build() {
  await step('Compiling packages', compile);
  await step('Building the dashboard', buildDashboard);
  await step('Building the demo', () => buildDemo());
}

/**
 * @param {{ out?: string, base?: string, env?: NodeJS.ProcessEnv }} [options] `out`: folder to
 *   write, made anew. `base`: path of the site on its host
 */
export async function buildDemo({ out = join(ROOT, 'demo', 'dist'), base, env = {} } = {}) {
  const args = ['build', 'demo', '--outDir', out, '--emptyOutDir', '--logLevel', 'warn'];
  await node(tool('vite'), base === undefined ? args : [...args, '--base', base], {
    env: { NODE_ENV: 'production', ...env },
  });
  await compressFolder(out);
}

/**
 * @param {number} port
 * @param {string} what
 * @param {string} variable
 */
export async function checkPort(port, what, variable) {
  await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      reject(
        new StepError(
          'code' in error && error.code === 'EADDRINUSE'
            ? `Port ${port} for ${what} is taken by another program. Stop that program, or ` +
                `choose another port: ${variable}=${port + 1} npm start`
            : `Port ${port} for ${what} cannot be used: ${error.message}`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(resolve));
  });
}

const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/microsoft-edge',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

export const installedChromium = () => CHROMIUMS.find((path) => existsSync(path));

/**
 * Path of a Chromium: the one named by PERIGEE_CHROMIUM, an installed one, Playwright's, or one
 * that is installed now.
 */
export async function findChromium() {
  const named = process.env.PERIGEE_CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw new StepError(`PERIGEE_CHROMIUM names "${named}", which does not exist.`);
  }
  const playwrights = async () => {
    const { chromium } = await import('@playwright/test');
    const path = chromium.executablePath();
    return path && existsSync(path) ? path : undefined;
  };
  let found = installedChromium() ?? (await playwrights());
  if (found) return found;

  console.log('\n  no browser found: asking Playwright for one');
  await node(tool('@playwright/test', 'playwright'), ['install', 'chromium'], {
    allowFailure: true,
  });
  found = await playwrights();
  if (found) return found;

  if (
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    spawnSync('apt-get', ['--version']).status === 0
  ) {
    console.log('  Playwright could not fetch one: installing chromium with apt-get');
    await run('apt-get', ['update', '-qq'], { allowFailure: true });
    await run('apt-get', ['install', '-y', '-qq', 'chromium'], {
      allowFailure: true,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    found = installedChromium();
    if (found) return found;
  }
  throw new StepError(
    'The browser journeys need Chromium and none was found. Install Chrome or Chromium, or ' +
      'run "npx playwright install chromium", or name one: PERIGEE_CHROMIUM=/path/to/chrome ' +
      'npm test',
  );
}

/**
 * A port that no program uses now.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Runs npm in a folder. Resolves to its output.
 * @param {string} folder
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function npm(folder, args, env = {}) {
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { output } = await run(command, ['--loglevel=error', ...args], { cwd: folder, env });
  return output;
}
