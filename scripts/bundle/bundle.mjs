// Bundles what is in packages/core/dist after the compiler ran.
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleForBrowsers } from './for-browser.mjs';
import { bundleCommonJs, bundleForNode } from './for-node.mjs';
import { writeLicences } from './licences.mjs';
import { DIST } from './write.mjs';

/** Its time is that of the last bundling for Node. */
const STAMP = join(DIST, 'node', '.bundled');

/** Bundles for browsers and Node. */
export async function bundleAll() {
  const inputs = await Promise.all([bundleForBrowsers(), bundleForNode()]);
  // It contains the code for small models, which was bundled for Node.
  writeLicences([...inputs.flat(), ...(await bundleCommonJs())]);
  writeFileSync(STAMP, '');
}

/** Bundles what Node's threads run, unless nothing was compiled since the last time. */
export async function bundleChanged() {
  if (existsSync(STAMP) && newest(DIST) < statSync(STAMP).mtimeMs) return;
  await bundleForNode();
  writeFileSync(STAMP, '');
}

/**
 * Time of the newest compiled file.
 * @param {string} folder
 */
function newest(folder) {
  const times = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(({ name }) => name.endsWith('.js'))
    .map(({ name, parentPath }) => statSync(join(parentPath, name)).mtimeMs);
  return Math.max(0, ...times);
}
