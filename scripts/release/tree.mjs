// A copy of the last commit under .perigee, in which a release is made. The working tree stays as
// it is.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { node, ROOT, run } from '../steps.mjs';

export const FOLDER = join(ROOT, '.perigee', 'release');
export const TREE = join(FOLDER, 'tree');
export const TARBALLS = join(FOLDER, 'packages');

/**
 * The parts of a package.json that a release reads.
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {{ type: string, url: string, directory: string }} [repository]
 */

/** Copies the last commit, and links its dependencies to those that are installed here. */
export async function makeTree() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  await run('git', ['clone', '--quiet', '--no-tags', '.', relative(ROOT, TREE)]);
  linkModules('node_modules');
  for (const name of readdirSync(join(TREE, 'packages')))
    linkModules(join('packages', name, 'node_modules'));
}

/**
 * Links each dependency to the installed one, and the packages of this repository to the copy's.
 * @param {string} folder relative to the root
 */
function linkModules(folder) {
  if (!existsSync(join(ROOT, folder))) return;
  mkdirSync(join(TREE, folder), { recursive: true });
  for (const name of readdirSync(join(ROOT, folder))) {
    const path = join(folder, name);
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) {
      linkModules(path);
      continue;
    }
    const real = realpathSync(join(ROOT, path));
    const inRoot = relative(ROOT, real);
    const isOurs = !inRoot.startsWith('..') && !inRoot.includes('node_modules');
    symlinkSync(isOurs ? join(TREE, inRoot) : real, join(TREE, path), 'junction');
  }
}

/** Builds the packages of the copy. */
export async function buildTree() {
  await node(join(TREE, 'scripts', 'release', 'build-packages.mjs'));
}

/** The published packages of the copy: each before those that depend on it. */
export function packagesInOrder() {
  const all = readdirSync(join(TREE, 'packages')).map((name) => {
    const folder = join(TREE, 'packages', name);
    return { folder, manifest: readManifest(folder) };
  });
  const waiting = all.filter(({ manifest }) => !manifest.private);
  const ordered = [];
  while (waiting.length > 0) {
    const names = waiting.map(({ manifest }) => manifest.name);
    const next = waiting.findIndex(({ manifest }) => {
      const needed = { ...manifest.dependencies, ...manifest.peerDependencies };
      // The apps that it makes install perigee.
      const others = manifest.name === 'create-perigee' ? ['perigee'] : Object.keys(needed);
      return !names.some((name) => others.includes(name));
    });
    // The checks of the layout forbid a circle of packages.
    ordered.push(...waiting.splice(Math.max(next, 0), 1));
  }
  return ordered;
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * Names the repository in every package, because npm compares it with the one that a package was
 * built in. Forks and copies have other addresses, so it is not in the committed files.
 * @param {string} url
 */
export function nameRepository(url) {
  for (const { folder, manifest } of packagesInOrder()) {
    const directory = relative(TREE, folder).replaceAll('\\', '/');
    const repository = { type: 'git', url: `git+${url}.git`, directory };
    const text = JSON.stringify({ ...manifest, repository }, null, 2);
    writeFileSync(join(folder, 'package.json'), `${text}\n`);
  }
}
