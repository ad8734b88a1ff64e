// The sides in Node: `open({ path, output })` → `{ run(feeds) → { data }, end() }`.
import { Worker } from 'node:worker_threads';

const raw = async (packageName, { path, output }) => {
  const ort = await import(packageName);
  if (packageName === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run(feeds) {
      const tensors = {};
      for (const name in feeds)
        tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
      return { data: (await session.run(tensors))[output].data };
    },
    end: () => session.release(),
  };
};

const perigee = async (backend, { path, output }) => {
  const { loadModel } = await import('perigee');
  const model = await loadModel(path, { backend, threads: 1 });
  return {
    async run(feeds) {
      const input = {};
      for (const name in feeds) input[name] = feeds[name].data;
      return { data: (await model.predict(input)).outputs[output].data };
    },
    end: () => model.dispose(),
  };
};

async function worker({ path, output }) {
  const thread = new Worker(new URL('raw-worker.mjs', import.meta.url));
  const waiting = new Map();
  let ids = 0;
  thread.on('message', ({ id, ...answer }) => {
    waiting.get(id).resolve(answer);
    waiting.delete(id);
  });
  thread.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  const call = (message) =>
    new Promise((resolve, reject) => {
      const id = ids++;
      waiting.set(id, { resolve, reject });
      thread.postMessage({ id, ...message });
    });
  await call({ path });
  return { run: (feeds) => call({ feeds, output }), end: () => thread.terminate() };
}

export const SIDES = {
  'raw native': (request) => raw('onnxruntime-node', request),
  'native in a worker': worker,
  'perigee native': (request) => perigee('native', request),
  'raw wasm': (request) => raw('onnxruntime-web', request),
  'perigee wasm': (request) => perigee('wasm', request),
  'perigee instant': (request) => perigee('cpu', request),
};
