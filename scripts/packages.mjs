// The published packages of this repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

/**
 * The part of a package.json that is read here.
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {Record<string, { types: string }>} exports
 * @property {Record<string, unknown>} [imports]
 */

/** Folder and package.json of every published package, in the order of the folders' names. */
export function publishedPackages() {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => join(ROOT, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: readManifest(folder),
    }))
    .filter(({ manifest }) => !manifest.private);
}

/**
 * The types of each entry point of a package: `subpath` as in `exports`, `file` as an absolute
 * path.
 * @param {{ folder: string, manifest: Manifest }} item
 */
export function typedEntries({ folder, manifest }) {
  return Object.entries(manifest.exports).map(([subpath, conditions]) => {
    const file = join(folder, conditions.types);
    return { subpath, file };
  });
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function readManifest(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // A package that is only a command has nothing to import.
  return { exports: {}, ...manifest };
}
