// The same behind plain Comlink.
import * as Comlink from 'comlink';
import * as ort from 'onnxruntime-web/wasm';

let session;
Comlink.expose({
  async open(url, threads) {
    ort.env.wasm.numThreads = threads;
    session = await ort.InferenceSession.create(url);
  },
  async run(input, shape) {
    const { output } = await session.run({ input: new ort.Tensor('float32', input, shape) });
    return Comlink.transfer(output.data, [output.data.buffer]);
  },
});
