// Looks at what a bundler emits for an app that uses one ONNX model.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A name that only the code of TensorFlow.js contains. */
const OF_TENSORFLOW = 'NonMaxSuppressionV5';

/**
 * The size of what was emitted, or what should not be there.
 * @param {string} folder
 */
export function judgeEmitted(folder) {
  if (!existsSync(folder)) return '–';
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  // Parcel writes a copy beside the one that assetsUrl names.
  const contents = files.filter((file) => file.endsWith('.wasm')).map(digestOf);
  const wasm = new Set(contents).size;
  const size = `${(bytes / 1e6).toFixed(1)} MB, ${wasm} wasm`;
  const scripts = files.filter((file) => /\.m?js$/.test(file));
  const withTensorflow = scripts.find((file) => readFileSync(file).includes(OF_TENSORFLOW));
  if (withTensorflow) return `wrong: ${basename(withTensorflow)} is TensorFlow.js; ${size}`;
  return wasm === 1 ? `ok, ${size}` : `wrong: ${size}`;
}

/** @param {string} file */
function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
