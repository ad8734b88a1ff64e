import { AutoModel, AutoModelForImageClassification, env, Tensor } from '@huggingface/transformers';

const CLASSES = { mobilenet: AutoModelForImageClassification, minilm: AutoModel };

export function configure(threads) {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = new URL('/models/hub/', location.href).href;
  env.backends.onnx.wasm.wasmPaths = new URL(
    '/peers/transformers/onnxruntime-web/dist/',
    location.href,
  ).href;
  env.backends.onnx.wasm.numThreads = threads;
}

/**
 * The model alone, tensors in and out. Its pipelines do more; without them both sides do the same
 * work.
 */
export async function open({ name, threads, output }) {
  configure(threads);
  const model = await CLASSES[name].from_pretrained(name, { device: 'wasm', dtype: 'fp32' });
  return {
    async run(feeds) {
      const tensors = {};
      for (const key in feeds)
        tensors[key] = new Tensor(feeds[key].dtype, feeds[key].data, feeds[key].shape);
      return { data: (await model(tensors))[output].data };
    },
    end: () => model.dispose(),
  };
}
