// Writes what is bundled into packages/core/dist.
import { build } from 'esbuild';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../steps.mjs';

export const DIST = join(ROOT, 'packages/core/dist');
/** The builds of ONNX Runtime Web. */
export const ORT = join(ROOT, 'node_modules/onnxruntime-web/dist');
const TFJS = join(ROOT, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
const TFJS_WASM = 'tfjs-backend-wasm-simd.wasm';

/**
 * Bundles with the settings that all bundles share. Resolves to the paths of all files that went
 * into it. A file is written only if its content changed: a process beside this one may be reading
 * it.
 * @param {import('esbuild').BuildOptions} options
 * @param {(code: string) => string} [change] changes the code before it is written
 * @returns {Promise<string[]>}
 */
export async function bundle(options, change) {
  return (await bundleFiles(options, change)).inputs;
}

/**
 * As `bundle()`, and resolves to the paths of the files that it wrote, too.
 * @param {import('esbuild').BuildOptions} options
 * @param {(code: string) => string} [change]
 */
export async function bundleFiles(options, change) {
  const { outputFiles = [], metafile } = await build({
    bundle: true,
    target: 'es2022',
    logLevel: 'warning',
    legalComments: 'none',
    absWorkingDir: ROOT,
    mainFields: ['module', 'main'],
    ...options,
    write: false,
    metafile: true,
  });
  for (const { path, contents, text } of outputFiles)
    writeChanged(path, change ? change(text) : contents);
  return { inputs: Object.keys(metafile.inputs), outputs: outputFiles.map(({ path }) => path) };
}

/**
 * @param {string} path
 * @param {Uint8Array | string} contents
 */
export function writeChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(contents))) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

/**
 * Copies wasm files beside the scripts of browsers. Node reads them there, too.
 * @param {readonly string[]} ofOrt names of files of ONNX Runtime Web
 */
export function copyWasm(ofOrt) {
  for (const name of ofOrt) copyOnce(join(ORT, name), join(DIST, 'browser', name));
  copyOnce(join(TFJS, TFJS_WASM), join(DIST, 'browser', TFJS_WASM));
}

/**
 * Copies a large file of a locked dependency, unless the copy has its size and is newer.
 * @param {string} from
 * @param {string} to
 */
export function copyOnce(from, to) {
  if (existsSync(to)) {
    const [source, copy] = [statSync(from), statSync(to)];
    if (source.size === copy.size && copy.mtimeMs >= source.mtimeMs) return;
  }
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
