// Hand-written for the least memory: graph and weights are files in OPFS, not verified. The runtime
// asks for one weight after the other, and each is read into the same buffer.
import * as ort from 'onnxruntime-web/wasm';

let session;
self.onmessage = async ({ data: { id, open, feeds, output } }) => {
  if (open) {
    ort.env.wasm.numThreads = open.threads;
    const start = performance.now();
    const { graph, externalData } = await stored(open.url.replace('.onnx', '-apart.onnx'));
    const readMs = performance.now() - start;
    session = await ort.InferenceSession.create(graph, { externalData });
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
  const [model, weights] = [await fileOf(url), await fileOf(`${url}.data`)];
  const graph = new Uint8Array(model.getSize());
  model.read(graph, { at: 0 });
  return { graph, externalData: weights.getSize() > 0 ? [externalFile(url, weights)] : [] };
}

/** The runtime reads external data by `subarray` alone, and copies what it gets at once. */
function externalFile(url, file) {
  let buffer = new Uint8Array(0);
  const subarray = (start, end) => {
    if (buffer.length < end - start) buffer = new Uint8Array(end - start);
    const range = buffer.subarray(0, end - start);
    file.read(range, { at: start });
    return range;
  };
  const data = Object.defineProperties(new Uint8Array(0), {
    byteLength: { value: file.getSize() },
    subarray: { value: subarray },
  });
  return { path: nameOf(`${url}.data`), data };
}

/** An open file of OPFS. The first visit fetches it; a file that the host does not have is empty. */
async function fileOf(url) {
  const folder = await navigator.storage.getDirectory();
  const file = await folder.getFileHandle(nameOf(url), { create: true });
  const handle = await file.createSyncAccessHandle();
  if (handle.getSize() > 0) return handle;
  const response = await fetch(url);
  if (response.ok) for await (const part of response.body) handle.write(part);
  handle.flush();
  return handle;
}

const nameOf = (url) => url.slice(url.lastIndexOf('/') + 1);
