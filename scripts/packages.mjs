// The published packages of this repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

/** Folder and package.json of every published package, in the order of the folders' names. */
export function publishedPackages() {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => join(ROOT, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    }))
    .filter(({ manifest }) => !manifest.private);
}

/**
 * The types of each entry point of a package: `subpath` as in `exports`, `file` as an absolute
 * path.
 */
export function typedEntries({ folder, manifest }) {
  return Object.entries(manifest.exports).map(([subpath, conditions]) => {
    const file = join(folder, conditions.types);
    return { subpath, file };
  });
}
