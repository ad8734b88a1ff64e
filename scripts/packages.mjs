// The published packages of this repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

/**
 * The part of a package.json that is read here.
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {Record<string, string | { types: string | { default: string } }>} exports
 * @property {Record<string, unknown>} [imports]
 * @property {Record<string, string>} [dependencies]
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
  return Object.entries(manifest.exports).flatMap(([subpath, conditions]) =>
    typeof conditions === 'string' ? [] : [{ subpath, file: join(folder, typesOf(conditions)) }],
  );
}

/** @param {{ types: string | { default: string } }} conditions */
function typesOf({ types }) {
  return typeof types === 'string' ? types : types.default;
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
