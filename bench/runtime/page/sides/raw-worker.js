// A hand-written worker: onnxruntime-web, one message in, one message out, the output's buffer
// transferred back.
import * as ort from 'onnxruntime-web/wasm';

let session;
/** Inputs in memory that the page shares with this worker. */
let kept;
self.onmessage = async ({ data: { id, open, share, feeds = kept, output, giveBack } }) => {
  if (open) {
    ort.env.wasm.numThreads = open.threads;
    session = await ort.InferenceSession.create(open.url);
    return self.postMessage({ id });
  }
  if (share) {
    kept = share;
    return self.postMessage({ id });
  }
  const tensors = {};
  for (const name in feeds)
    tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
  const start = performance.now();
  const result = await session.run(tensors);
  const ms = performance.now() - start;
  const { data } = result[output];
  if (!giveBack) return self.postMessage({ id, data, ms }, [data.buffer]);
  self.postMessage({ id, data, ms, feeds }, [data.buffer, ...buffersOf(feeds)]);
};

const buffersOf = (feeds) => Object.values(feeds).map(({ data }) => data.buffer);
