// Reads the layout of ONNX's backend tests: a folder a case, with model.onnx and
// test_data_set_N/{input,output}_N.pb.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readModelIo } from './model-io.mjs';

/** @typedef {import('./types.d.ts').TestCase} TestCase */

/**
 * Every case below a folder whose name contains `filter`, ordered by name. `skipped` gives the
 * reason if a case does not consist of tensors only.
 * @param {string} folder
 * @param {string} [filter]
 * @returns {TestCase[]}
 */
export function findCases(folder, filter = '') {
  return folders(folder)
    .filter((path) => existsSync(join(path, 'model.onnx')))
    .map((path) => ({ name: relative(folder, path).replaceAll('\\', '/') || '.', path }))
    .filter(({ name }) => name.includes(filter))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, path }) => describe(name, path));
}

/**
 * @param {string} folder
 * @returns {Generator<string, void>}
 */
function* walk(folder) {
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) yield* walk(join(folder, entry.name));
}

/** @param {string} folder */
const folders = (folder) => [...walk(folder)];

/**
 * @param {string} name
 * @param {string} path
 * @returns {TestCase}
 */
function describe(name, path) {
  const model = join(path, 'model.onnx');
  const sets = readdirSync(path)
    .filter((entry) => entry.startsWith('test_data_set_'))
    .sort()
    .map((set) => ({
      inputs: numbered(join(path, set), 'input'),
      outputs: numbered(join(path, set), 'output'),
    }));
  const found = { name, model, sets };
  if (sets.length === 0) return { ...found, skipped: 'it has no test data' };
  let io;
  try {
    io = readModelIo(readFileSync(model));
  } catch {
    // If the file is no model, the runtimes must report that.
    return found;
  }
  const other = [...io.inputs, ...io.outputs].find(({ isTensor }) => !isTensor);
  return other ? { ...found, skipped: `"${other.name}" is not a tensor` } : found;
}

/**
 * input_0.pb, input_1.pb …, ordered by number: input_10 comes after input_9.
 * @param {string} folder
 * @param {'input' | 'output'} kind
 */
function numbered(folder, kind) {
  /** @param {string} file */
  const number = (file) => Number(/_(\d+)\.pb$/.exec(file)?.[1]);
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${kind}_`) && file.endsWith('.pb'))
    .sort((a, b) => number(a) - number(b))
    .map((file) => join(folder, file));
}
