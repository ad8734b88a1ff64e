import * as ort from 'onnxruntime-node';
import { instantEngine } from '../../packages/core/dist/engines/instant/engine.js';
import { PerigeeError } from '../../packages/core/dist/error.js';
import { modelOf } from './one-node.mjs';

/** @typedef {import('./types.d.ts').Dtype} Dtype */
/** @typedef {import('./types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('./types.d.ts').FuzzTensors} FuzzTensors */
/** @typedef {import('./types.d.ts').NodeCase} NodeCase */
/** @typedef {import('perigee').Tensors} Tensors */

/** @satisfies {Parameters<typeof instantEngine.create>[1]} */
const OPTIONS = { backend: 'cpu', threads: 1, files: {}, wasmUrl: null, optimized: false };
const FEW_VALUES = 6;

/**
 * ONNX Runtime's outputs, or the reason why it gives none.
 * @param {Uint8Array} bytes
 * @param {FuzzTensors} feeds
 * @returns {Promise<import('./types.d.ts').Run>}
 */
export async function runReference(bytes, feeds) {
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    });
    const fed = Object.fromEntries(
      Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
        name,
        new ort.Tensor(dtype, /** @type {ort.Tensor.DataType} */ (data), shape),
      ]),
    );
    const outputs = await session.run(fed);
    return {
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, { type, dims, data }]) => [
          name,
          { dtype: /** @type {Dtype} */ (type), shape: [...dims], data },
        ]),
      ),
    };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  } finally {
    await session?.release();
  }
}

/**
 * The instant engine's outputs, or its refusal. Any other error is a fault of the engine.
 * @param {Uint8Array} bytes
 * @param {FuzzTensors} feeds
 * @returns {Promise<import('./types.d.ts').Run & { fault?: string }>}
 */
export async function runInstant(bytes, feeds) {
  try {
    const session = await instantEngine.create(
      { entry: 'model.onnx', files: { 'model.onnx': bytes } },
      OPTIONS,
    );
    return { outputs: await session.run(/** @type {Tensors} */ (feeds)) };
  } catch (error) {
    if (error instanceof PerigeeError && !/TypeError|RangeError|SyntaxError/.test(error.message))
      return { failure: `${error.code}: ${error.message}` };
    return { fault: String((error instanceof Error && error.stack) || error) };
  }
}

/**
 * Runs a case on both. The verdict is `agreed`; `refused`, if the instant engine refuses the model;
 * `unchecked`, if ONNX Runtime does not run it; or `different`, with a description.
 * @param {NodeCase} one
 * @returns {Promise<{ verdict: import('./types.d.ts').Verdict, how?: string }>}
 */
export async function check(one) {
  const { bytes, feeds } = modelOf(one);
  const got = await runInstant(bytes, structuredClone(feeds));
  if (got.fault) return { verdict: 'different', how: got.fault };
  const expected = await runReference(bytes, feeds);
  if (expected.failure) return { verdict: 'unchecked', how: expected.failure };
  if (got.failure) return { verdict: 'refused', how: got.failure };
  const how = difference(got.outputs ?? {}, expected.outputs ?? {}, one.tolerance);
  return how ? { verdict: 'different', how } : { verdict: 'agreed' };
}

/**
 * Null if all outputs are equal: whole numbers and texts exactly, floats within the tolerance, NaN
 * to NaN.
 * @param {FuzzTensors} got
 * @param {FuzzTensors} expected
 * @param {number} [tolerance]
 */
export function difference(got, expected, tolerance = 1e-5) {
  for (const [name, want] of Object.entries(expected)) {
    const have = got[name];
    if (!have) return `${name} is missing`;
    if (have.dtype !== want.dtype || have.shape.join() !== want.shape.join())
      return `${name} is ${show(have)}; ONNX Runtime gives ${show(want)}`;
    const at = Array.from(want.data).findIndex(
      (value, i) => !isSame(have.data[i], value, tolerance),
    );
    if (at >= 0)
      return (
        `${name}[${at}] is ${String(have.data[at])}; ONNX Runtime gives ` +
        `${String(want.data[at])}. ${show(have)}; ${show(want)}`
      );
  }
  return null;
}

/**
 * @param {unknown} a
 * @param {unknown} b
 * @param {number} tolerance
 */
function isSame(a, b, tolerance) {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  if (Number.isNaN(b) || Number.isNaN(a)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= tolerance + tolerance * Math.abs(b);
}

/** @param {FuzzTensor} tensor */
export function show({ dtype, shape, data }) {
  const first = Array.from(data)
    .slice(0, FEW_VALUES)
    .map((value) => (Object.is(value, -0) ? '-0' : String(value)));
  return (
    `${dtype} [${shape.join(', ')}] ` +
    `${first.join(', ')}${data.length > FEW_VALUES ? ', …' : ''}`
  );
}
