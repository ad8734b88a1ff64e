// As in onnxruntime-web's documentation: on the main thread.
import * as ort from 'onnxruntime-web/wasm';

export async function open({ url, threads, output }) {
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(url);
  return {
    async run(feeds) {
      const tensors = {};
      for (const name in feeds)
        tensors[name] = new ort.Tensor(feeds[name].dtype, feeds[name].data, feeds[name].shape);
      return { data: (await session.run(tensors))[output].data };
    },
    end: () => session.release(),
  };
}
