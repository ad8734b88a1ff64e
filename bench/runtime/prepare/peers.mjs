// Peers are measured, but are no dependencies. They are installed beside the build on demand, and
// the lock file does not contain them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from '../../../scripts/steps.mjs';

/** @typedef {Readonly<Record<string, string>>} Packages versions by name */

/** @type {Readonly<Record<string, Packages>>} */
const PEERS = {
  transformers: { '@huggingface/transformers': '4.3.1' },
};

/**
 * @param {string} folder for the peers, each in a folder of its own below it
 * @returns {Promise<{ installed: Record<string, string>, missing: Record<string, string> }>} the
 * folder of each installed peer, and the reason for each missing one, by name
 */
export async function installPeers(folder) {
  // TensorFlow.js is one of the SDK's engines, so it is already installed.
  /** @type {Record<string, string>} */
  const installed = { tfjs: join(ROOT, 'node_modules') };
  /** @type {Record<string, string>} */
  const missing = {};
  for (const [name, packages] of Object.entries(PEERS)) {
    const into = join(folder, name);
    try {
      await installPackages(into, packages);
      installed[name] = join(into, 'node_modules');
    } catch (error) {
      missing[name] =
        `${Object.keys(packages)[0]} could not be installed, so its rows are left out: ` +
        `${firstErrorOfNpm(error)}`;
    }
  }
  return { installed, missing };
}

/** @param {unknown} error */
function firstErrorOfNpm(error) {
  const lines = String(error instanceof Error ? error.message : error).split('\n');
  return lines.find((line) => /npm (error|ERR)/.test(line)) ?? lines[0];
}

/**
 * @param {string} folder
 * @param {Packages} packages
 */
function has(folder, packages) {
  return Object.entries(packages).every(([name, version]) => {
    const file = join(folder, 'node_modules', name, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  });
}

/**
 * Installs packages by version, unless they exist.
 * @param {string} folder
 * @param {Packages} packages
 */
export async function installPackages(folder, packages) {
  if (has(folder, packages)) return;
  mkdirSync(folder, { recursive: true });
  // A package.json of its own keeps npm from walking up to the repository's.
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, name: 'bench-peer' }),
  );
  await run(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    [
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      ...Object.entries(packages).map(([name, version]) => `${name}@${version}`),
    ],
    { env: { npm_config_workspaces: 'false', npm_config_prefix: undefined } },
  );
}
