// The sides in Node: `open({ path, output })` → `{ run(feeds) → { data }, end() }`.
import { Worker } from 'node:worker_threads';

/** @typedef {import('../../models/types.d.ts').Feeds} Feeds */
/** @typedef {{ path: string, output: string }} ModelFile */
/** @typedef {Float32Array | BigInt64Array} Values */

/**
 * A call that waits for its answer.
 * @typedef {object} Waiting
 * @property {(answer: { data: Values }) => void} resolve
 * @property {(error: Error) => void} reject
 */

/**
 * An open model on one side.
 * @typedef {object} Side
 * @property {(feeds: Feeds) => Promise<{ data: Values }>} run
 * @property {() => unknown} end
 */

/**
 * @param {'onnxruntime-node' | 'onnxruntime-web'} packageName
 * @param {ModelFile} request
 * @returns {Promise<Side>}
 */
const raw = async (packageName, { path, output }) => {
  /** @type {typeof import('onnxruntime-web')} */
  const ort = await import(packageName);
  if (packageName === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run(feeds) {
      /** @type {Record<string, import('onnxruntime-web').Tensor>} */
      const tensors = {};
      for (const name in feeds)
        tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
      const { data } = (await session.run(tensors))[output];
      return { data: /** @type {Values} */ (data) };
    },
    end: () => session.release(),
  };
};

/**
 * @param {import('perigee').Backend} backend
 * @param {ModelFile} request
 * @returns {Promise<Side>}
 */
const perigee = async (backend, { path, output }) => {
  const { loadModel } = await import('perigee');
  const model = await loadModel(path, { backend, threads: 1 });
  return {
    async run(feeds) {
      const { data } = (await model.predict(feeds)).outputs[output];
      return { data: /** @type {Values} */ (data) };
    },
    end: () => model.dispose(),
  };
};

/**
 * @param {ModelFile} request
 * @returns {Promise<Side>}
 */
async function worker({ path, output }) {
  const thread = new Worker(new URL('raw-worker.mjs', import.meta.url));
  /**
   * @type {Map<number, Waiting>}
   */
  const waiting = new Map();
  let ids = 0;
  thread.on('message', ({ id, ...answer }) => {
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  thread.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  /**
   * @param {object} message
   * @returns {Promise<{ data: Values }>}
   */
  const call = (message) =>
    new Promise((resolve, reject) => {
      const id = ids++;
      waiting.set(id, { resolve, reject });
      thread.postMessage({ id, ...message });
    });
  await call({ path });
  return { run: (feeds) => call({ feeds, output }), end: () => thread.terminate() };
}

/** @type {Readonly<Record<string, (request: ModelFile) => Promise<Side>>>} */
export const SIDES = {
  'raw native': (request) => raw('onnxruntime-node', request),
  'native in a worker': worker,
  'perigee native': (request) => perigee('native', request),
  'raw wasm': (request) => raw('onnxruntime-web', request),
  'perigee wasm': (request) => perigee('wasm', request),
  'perigee instant': (request) => perigee('cpu', request),
};
