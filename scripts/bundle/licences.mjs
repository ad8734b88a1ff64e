// Lists the packages that are inside the bundles, with their licences.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, StepError } from '../steps.mjs';
import { DIST, writeChanged } from './write.mjs';

/** ONNX Runtime's own bundle contains it. Its package names the licence, and has no text of it. */
const INSIDE_ORT = ['onnxruntime-common'];
const IN_PACKAGE = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * Writes dist/THIRD_PARTY_LICENSES.txt.
 * @param {readonly string[]} inputs paths of all files that were bundled
 */
export function writeLicences(inputs) {
  const names = inputs.flatMap((path) => IN_PACKAGE.exec(path.replaceAll('\\', '/'))?.[1] ?? []);
  const packages = [...new Set([...names, ...INSIDE_ORT])]
    .filter((name) => name !== 'perigee' && !name.startsWith('@perigee/'))
    .toSorted();
  const parts = packages.map(describe);
  const text = `The files in dist/browser and dist/node contain code of these packages.\n\n${parts.join('\n')}`;
  writeChanged(join(DIST, 'THIRD_PARTY_LICENSES.txt'), text);
}

/** @param {string} name */
function describe(name) {
  const folder = join(ROOT, 'node_modules', name);
  const { version, license, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const by = typeof author === 'string' ? author : author?.name;
  const head = `${'='.repeat(80)}\n${name} ${version} (${license})${by ? `, ${by}` : ''}\n`;
  return `${head}\n${textOf(folder) ?? standardText(name, license)}\n`;
}

/** @param {string} folder */
function textOf(folder) {
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  return file && readFileSync(join(folder, file), 'utf8').trim();
}

/**
 * The text of a licence, for packages that name it and do not contain it.
 * @param {string} name
 * @param {string} license
 */
function standardText(name, license) {
  const texts = license.split(' AND ').map((id) => {
    const file = join(ROOT, 'scripts/bundle/licences', `${id}.txt`);
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
    throw new StepError(`${name} has the licence ${id}: add its text as ${file}.`);
  });
  return texts.join('\n\n');
}
