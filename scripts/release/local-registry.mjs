// A registry of npm packages on this machine (verdaccio). It has our packages alone, and asks the
// configured registry for all others.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, npm, ROOT, StepError } from '../steps.mjs';
import { FOLDER, TARBALLS } from './tree.mjs';

/** The newest that runs on Node 20. */
const VERSION = '6.8.0';
const INSTALLED = join(ROOT, '.perigee', 'verdaccio');
const DATA = join(FOLDER, 'registry');
const WAIT_MS = 120_000;

/** @typedef {{ name: string, filename: string }} Packed */

/** Installs the registry once: 65 MB that nothing else needs. */
export async function installRegistry() {
  const stamp = join(INSTALLED, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === VERSION) return 'up to date';
  rmSync(INSTALLED, { recursive: true, force: true });
  mkdirSync(INSTALLED, { recursive: true });
  // A dependency asks for a tag of node-fetch, "cjs", which not every mirror of npm has.
  const manifest = { private: true, overrides: { 'node-fetch': '^2.7.0' } };
  writeFileSync(join(INSTALLED, 'package.json'), JSON.stringify(manifest));
  await npm(INSTALLED, ['install', '--ignore-scripts', `verdaccio@${VERSION}`]);
  writeFileSync(stamp, VERSION);
  return 'installed';
}

/**
 * Starts the registry and publishes packages into it. `env` makes npm use it; `close` ends it.
 * @param {readonly Packed[]} packages
 * @param {string} uplink URL of the registry of all other packages
 */
export async function startRegistry(packages, uplink) {
  rmSync(DATA, { recursive: true, force: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const child = spawn(
    process.execPath,
    [bin(), '--config', config(packages, uplink), '--listen', url],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const close = () => void child.kill();
  process.once('exit', close);
  const env = environment(port, url);
  try {
    await answers(url, child, () => said);
    for (const { filename } of packages)
      await npm(FOLDER, ['publish', join(TARBALLS, filename), '--access', 'public'], env);
  } catch (error) {
    close();
    throw error;
  }
  return { url, env, close };
}

function bin() {
  return join(INSTALLED, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
}

/**
 * Writes verdaccio's configuration. JSON is YAML, too.
 * @param {readonly Packed[]} packages
 * @param {string} uplink
 */
function config(packages, uplink) {
  mkdirSync(DATA, { recursive: true });
  const own = { access: '$all', publish: '$all', unpublish: '$all' };
  const settings = {
    storage: join(DATA, 'storage'),
    auth: { htpasswd: { file: join(DATA, 'htpasswd') } },
    uplinks: { others: { url: uplink, timeout: '60s' } },
    packages: {
      ...Object.fromEntries(packages.map(({ name }) => [name, own])),
      '**': { access: '$all', proxy: 'others' },
    },
    max_body_size: '200mb',
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  };
  const file = join(DATA, 'config.yaml');
  writeFileSync(file, JSON.stringify(settings, null, 2));
  return file;
}

/**
 * Variables that make npm use the registry, with a cache of its own: a package of the same version
 * may have other content than in an earlier run.
 * @param {number} port
 * @param {string} url
 * @returns {NodeJS.ProcessEnv}
 */
function environment(port, url) {
  const file = join(DATA, 'npmrc');
  // npm asks for a token before it publishes. This registry takes any.
  writeFileSync(file, `registry=${url}\n//127.0.0.1:${port}/:_authToken=any\n`);
  return {
    NPM_CONFIG_USERCONFIG: file,
    npm_config_registry: url,
    npm_config_cache: join(DATA, 'cache'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  };
}

/**
 * @param {string} url
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => string} said
 */
async function answers(url, child, said) {
  const end = Date.now() + WAIT_MS;
  while (Date.now() < end && child.exitCode === null) {
    const isUp = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await wait(200);
  }
  throw new StepError(`The local registry did not start:\n${said()}`);
}
