/// <reference lib="webworker" />
// onnxruntime-web without Perigee.
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { messageOf } from '../../format.ts';

export type RawRequest =
  | { readonly type: 'open'; readonly bytes: Uint8Array; readonly wasm: string }
  | { readonly type: 'run'; readonly pixels: Float32Array };
export type RawAnswer =
  | { readonly values: Float32Array; readonly fault?: never }
  | { readonly fault: string };

declare const self: DedicatedWorkerGlobalScope;

let session: InferenceSession | undefined;

self.addEventListener('message', ({ data }: MessageEvent<RawRequest>) => void answer(data));

async function answer(request: RawRequest): Promise<void> {
  self.postMessage(
    await valuesOf(request).then(
      (values): RawAnswer => ({ values }),
      (error: unknown): RawAnswer => ({ fault: messageOf(error) }),
    ),
  );
}

async function valuesOf(request: RawRequest): Promise<Float32Array> {
  if (request.type === 'open') {
    env.wasm.numThreads = 1;
    env.wasm.wasmPaths = { wasm: request.wasm };
    session = await InferenceSession.create(request.bytes, { executionProviders: ['wasm'] });
    return new Float32Array();
  }
  const image = new Tensor('float32', request.pixels, [1, 1, 8, 8]);
  const outputs = await session?.run({ image });
  return outputs?.['logits']?.data as Float32Array;
}
