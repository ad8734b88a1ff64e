// transformers.js: the model alone, tensors in and out.
import { env, PreTrainedModel, Tensor } from '@huggingface/transformers';
import { answer } from './answer.ts';

/** The folder of the model. The answers to requests for its files are in memory. */
const FOLDER = 'https://model.invalid/';
const CONFIG = JSON.stringify({ model_type: 'digits', architectures: ['Digits'] });

answer(async (bytes, wasm) => {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  env.localModelPath = FOLDER;
  env.fetch = async (url) => fileOf(String(url), bytes);
  Object.assign(env.backends.onnx.wasm ?? {}, { numThreads: 1, wasmPaths: { wasm } });
  const model = await PreTrainedModel.from_pretrained('digits', { device: 'wasm', dtype: 'fp32' });
  return async (pixels) => {
    const { logits } = await model({ image: new Tensor('float32', pixels, [1, 1, 8, 8]) });
    return logits.data as Float32Array;
  };
});

function fileOf(url: string, model: Uint8Array): Response {
  if (url.endsWith('/digits/config.json')) return new Response(CONFIG);
  if (url.endsWith('/digits/onnx/model.onnx')) return new Response(model.slice());
  return new Response(null, { status: 404 });
}
