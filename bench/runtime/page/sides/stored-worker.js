// Hand-written, with the model kept on the device: one ArrayBuffer in IndexedDB, not verified.
import * as ort from 'onnxruntime-web/wasm';

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
  const database = await done(
    Object.assign(indexedDB.open('by-hand', 1), {
      onupgradeneeded: ({ target }) => target.result.createObjectStore('models'),
    }),
  );
  const known = await done(database.transaction('models').objectStore('models').get(url));
  if (known) return known;
  const bytes = await (await fetch(url)).arrayBuffer();
  await done(database.transaction('models', 'readwrite').objectStore('models').put(bytes, url));
  return bytes;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
