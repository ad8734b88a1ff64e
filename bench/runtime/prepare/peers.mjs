// Peers are measured, but are no dependencies. They are installed beside the build on demand, and
// the lock file does not contain them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from '../../../scripts/steps.mjs';

const PEERS = {
  transformers: { '@huggingface/transformers': '4.3.1' },
};

/**
 * @param folder for the peers, each in a folder of its own below it
 * @returns {Promise<{ installed: Record<string, string>, missing: Record<string, string> }>} the
 * folder of each installed peer, and the reason for each missing one, by name
 */
export async function installPeers(folder) {
  // TensorFlow.js is one of the SDK's engines, so it is already installed.
  const installed = { tfjs: join(ROOT, 'node_modules') };
  const missing = {};
  for (const [name, packages] of Object.entries(PEERS)) {
    const into = join(folder, name);
    try {
      await installPackages(into, packages);
      installed[name] = join(into, 'node_modules');
    } catch (error) {
      missing[name] =
        `${Object.keys(packages)[0]} could not be installed, so its rows are left out: ` +
        `${error.message.split('\n').find((line) => /npm (error|ERR)/.test(line)) ?? error.message.split('\n')[0]}`;
    }
  }
  return { installed, missing };
}

function has(folder, packages) {
  return Object.entries(packages).every(([name, version]) => {
    const file = join(folder, 'node_modules', name, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  });
}

/** Installs packages by version, unless they exist. */
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
