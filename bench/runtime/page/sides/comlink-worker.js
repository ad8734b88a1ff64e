// The same behind plain Comlink.
import * as Comlink from 'comlink';
import * as ort from 'onnxruntime-web/wasm';

let session;
Comlink.expose({
  async open(url, threads) {
    ort.env.wasm.numThreads = threads;
    session = await ort.InferenceSession.create(url);
  },
  async run(feeds, output) {
    const tensors = {};
    for (const name in feeds)
      tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
    const start = performance.now();
    const result = await session.run(tensors);
    const ms = performance.now() - start;
    const { data } = result[output];
    return Comlink.transfer({ data, ms }, [data.buffer]);
  },
});
