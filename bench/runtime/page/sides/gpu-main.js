// As in onnxruntime-web's documentation: WebGPU, called from the main thread.
import * as ort from 'onnxruntime-web/webgpu';

export async function open({ url, output }) {
  const session = await ort.InferenceSession.create(url, { executionProviders: ['webgpu'] });
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
