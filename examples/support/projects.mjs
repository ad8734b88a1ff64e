// Packs the packages, and installs them in a folder of its own for each example.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from '../../scripts/packages.mjs';
import { ROOT, run } from '../../scripts/steps.mjs';

const EXAMPLES = join(ROOT, 'examples');
const WORK = join(ROOT, '.perigee', 'examples');
const TARBALLS = join(WORK, 'tarballs');
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Packs what npm would publish. Resolves to the path of each package's tarball.
 * @param {boolean} keep whether to take the tarballs of the last run
 * @returns {Promise<Map<string, string>>}
 */
export async function packAll(keep) {
  if (!keep) rmSync(TARBALLS, { recursive: true, force: true });
  mkdirSync(TARBALLS, { recursive: true });
  const names = publishedPackages().map(({ manifest }) => manifest.name);
  const workspaces = names.map((name) => `--workspace=${name}`);
  // Relative, because a shell splits an absolute path with spaces.
  const folder = join('.perigee', 'examples', 'tarballs');
  if (!keep)
    await run(NPM, ['pack', '--loglevel=error', '--pack-destination', folder, ...workspaces]);
  const files = readdirSync(TARBALLS);
  return new Map(
    names.map((name) => {
      const start = `${name.replace('@', '').replace('/', '-')}-`;
      const file = files.find(
        (one) => one.startsWith(start) && /^\d/.test(one.slice(start.length)),
      );
      if (!file) throw new Error(`npm packed no ${name}`);
      return [name, join(TARBALLS, file)];
    }),
  );
}

/**
 * Installs an example as a newcomer would: from the tarballs, in a folder that is no part of the
 * workspace. A second call only replaces the packages of this repository.
 * @param {string} name
 * @param {Map<string, string>} tarballs
 * @returns {string} the folder
 */
export function installExample(name, tarballs) {
  const folder = join(WORK, name);
  const manifest = manifestOf(name, tarballs);
  const stamp = join(folder, '.installed');
  // npm runs again when a package of this repository needs other packages.
  const needed = publishedPackages().map(({ manifest: { dependencies } }) => dependencies);
  const hash = createHash('sha256').update(manifest).update(JSON.stringify(needed)).digest('hex');
  const isInstalled = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (!isInstalled) rmSync(folder, { recursive: true, force: true });
  cpSync(join(EXAMPLES, name), folder, { recursive: true });
  cpSync(join(EXAMPLES, 'shared'), join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), manifest);
  if (isInstalled) replacePackages(folder, tarballs);
  else {
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    execFileSync(NPM, args, { cwd: folder, shell: NPM.endsWith('.cmd') });
    writeFileSync(stamp, hash);
  }
  return folder;
}

/**
 * The package.json of an example, with the tarballs in place of versions.
 * @param {string} name
 * @param {Map<string, string>} tarballs
 */
function manifestOf(name, tarballs) {
  const manifest = JSON.parse(readFileSync(join(EXAMPLES, name, 'package.json'), 'utf8'));
  const overrides = [...tarballs].map(([packed, path]) => [packed, `file:${path}`]);
  const lists = [manifest.dependencies ?? {}, manifest.devDependencies ?? {}];
  for (const list of lists)
    for (const packed of Object.keys(list))
      if (tarballs.has(packed)) list[packed] = `file:${tarballs.get(packed)}`;
  manifest.overrides = Object.fromEntries(
    overrides.filter(([packed]) => packed !== undefined && !lists.some((list) => packed in list)),
  );
  return JSON.stringify(manifest, null, 2);
}

/**
 * @param {string} folder
 * @param {Map<string, string>} tarballs
 */
function replacePackages(folder, tarballs) {
  for (const [name, tarball] of tarballs) {
    const target = join(folder, 'node_modules', name);
    if (!existsSync(target)) continue;
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  }
}
