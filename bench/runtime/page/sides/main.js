// As in onnxruntime-web's documentation: on the main thread.
import * as ort from 'onnxruntime-web/wasm';

export async function open({ url, beside = [], threads, output }) {
  ort.env.wasm.numThreads = threads;
  const externalData = beside.map((path) => ({ path, data: `/models/${path}` }));
  const session = await ort.InferenceSession.create(url, { externalData });
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
