// onnxruntime-web without Perigee.
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { answer } from './answer.ts';

answer(async (bytes, wasm) => {
  env.wasm.numThreads = 1;
  env.wasm.wasmPaths = { wasm };
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  return async (pixels) => {
    const outputs = await session.run({ image: new Tensor('float32', pixels, [1, 1, 8, 8]) });
    return outputs['logits']?.data as Float32Array;
  };
});
