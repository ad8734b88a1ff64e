// Hand-written, with the model kept on the device: one ArrayBuffer in IndexedDB, not verified.
import * as ort from 'onnxruntime-web/wasm';
import { keepModel, openDatabase, readModel } from './database.js';

let session;
self.onmessage = async ({ data: { id, open, feeds, output } }) => {
  if (open) {
    ort.env.wasm.numThreads = open.threads;
    const start = performance.now();
    const bytes = await stored(open.url);
    const readMs = performance.now() - start;
    session = await ort.InferenceSession.create(bytes);
    return self.postMessage({
      id,
      timing: { readMs, createMs: performance.now() - start - readMs },
    });
  }
  const tensors = {};
  for (const name in feeds)
    tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
  const { data } = (await session.run(tensors))[output];
  self.postMessage({ id, data }, [data.buffer]);
};

async function stored(url) {
  const database = await openDatabase('by-hand');
  const known = await readModel(database, url);
  if (known) return known;
  const bytes = await (await fetch(url)).arrayBuffer();
  await keepModel(database, url, bytes);
  return bytes;
}
