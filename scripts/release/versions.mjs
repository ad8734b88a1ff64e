// Versions and changelogs by changesets, in a working tree.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, StepError, tool } from '../steps.mjs';

const SDK_VERSION = 'packages/core/src/updater/sdk-version.ts';

/**
 * The changesets that raise a version, by file name.
 * @param {string} tree
 */
export function pendingChangesets(tree) {
  const folder = join(tree, '.changeset');
  return readdirSync(folder).filter(
    (name) =>
      name.endsWith('.md') &&
      name !== 'README.md' &&
      !/^---\s*---/.test(readFileSync(join(folder, name), 'utf8')),
  );
}

/**
 * Turns changesets into versions and changelogs, and writes the version where the SDK reads it.
 * @param {string} tree
 */
export async function applyChangesets(tree) {
  await node(tool('@changesets/cli', 'changeset'), ['version'], { cwd: tree });
  const { version } = JSON.parse(readFileSync(join(tree, 'packages/core/package.json'), 'utf8'));
  const file = join(tree, SDK_VERSION);
  const code = readFileSync(file, 'utf8');
  const line = /(?<=SDK_VERSION = ')[^']+/;
  if (!line.test(code)) throw new StepError(`${SDK_VERSION} has no SDK_VERSION.`);
  writeFileSync(file, code.replace(line, version));
}

/**
 * The newest part of a package's changelog, or undefined if it has none.
 * @param {string} folder of the package
 */
export function newestChanges(folder) {
  const file = join(folder, 'CHANGELOG.md');
  if (!existsSync(file)) return undefined;
  const [, newest] = readFileSync(file, 'utf8').split(/^## /m);
  return newest === undefined ? undefined : `## ${newest.trim()}`;
}
