// What a developer writes by hand: onnxruntime-web in a worker, one message in, one message out, buffers transferred back.
import * as ort from 'onnxruntime-web/wasm';

let session;
self.onmessage = async ({ data: { id, url, threads, input, shape } }) => {
  if (url) {
    ort.env.wasm.numThreads = threads;
    session = await ort.InferenceSession.create(url);
    return self.postMessage({ id });
  }
  const { output } = await session.run({ input: new ort.Tensor('float32', input, shape) });
  self.postMessage({ id, output: output.data }, [output.data.buffer]);
};
