// The two sides of the comparison in Node, both with one thread: the SDK, and the raw runtime that
// it uses.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { walkOnnx } from '@perigee/registry';

/** @typedef {import('./types.d.ts').Open} Open */

/**
 * Opens a model by path through the SDK.
 * @param {import('perigee').Backend} backend
 * @returns {Promise<Open>}
 */
export async function sdkSide(backend) {
  const { loadModel } = await import('perigee');
  return async (path) => {
    const model = await loadModel(path, { backend, threads: 1 });
    return {
      run: (feeds) => model.run(/** @type {import('perigee').Tensors} */ (feeds)),
      close: () => model.dispose(),
    };
  };
}

/**
 * The raw runtime for a backend: onnxruntime-node for `native`, else the build of onnxruntime-web
 * for Node.
 * @param {string} backend
 * @returns {Promise<Open>}
 */
export async function rawSide(backend) {
  const native = backend === 'native';
  const ort = native ? await import('onnxruntime-node') : await import('onnxruntime-web');
  if (!native) ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return async (path) => {
    /** @type {import('onnxruntime-web').InferenceSession.SessionOptions} */
    const options = {
      executionProviders: [native ? 'cpu' : 'wasm'],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    };
    // Native code finds external data beside the model by itself.
    const session = native
      ? await ort.InferenceSession.create(path, options)
      : await ort.InferenceSession.create(readFileSync(path), {
          ...options,
          ...externalData(path),
        });
    return {
      async run(feeds) {
        const answers = await session.run(
          Object.fromEntries(
            Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
              name,
              new ort.Tensor(
                /** @type {import('onnxruntime-web').Tensor.Type} */ (dtype),
                /** @type {import('onnxruntime-web').Tensor.DataType} */ (data),
                shape,
              ),
            ]),
          ),
        );
        return Object.fromEntries(
          Object.entries(answers).map(([name, { type, dims, data }]) => [
            name,
            { dtype: type, shape: [...dims], data: patterns(data) },
          ]),
        );
      },
      close: () => session.release(),
    };
  };
}

/** @param {string} path */
function externalData(path) {
  try {
    const files = walkOnnx(readFileSync(path)).externalFiles;
    return files.length === 0
      ? {}
      : {
          externalData: files.map((file) => ({
            path: file,
            data: readFileSync(join(dirname(path), file)),
          })),
        };
  } catch {
    return {};
  }
}

/**
 * Newer engines have a Float16Array; tests compare 16-bit patterns.
 * @param {import('./types.d.ts').TestTensor['data']} data
 */
function patterns(data) {
  return ArrayBuffer.isView(data) && data.constructor.name === 'Float16Array'
    ? new Uint16Array(data.buffer, data.byteOffset, data.length)
    : data;
}
