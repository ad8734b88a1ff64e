import { loadModel } from 'perigee';
import type { Tensors } from 'perigee';
import wasm from 'perigee/browser/ort-wasm-simd-threaded.wasm?url';
import model from '../../../../models/digits/versions/1.0.0/model.onnx?url&no-inline';
import type { Side, SideId } from './measure.ts';
import type { RawAnswer, RawRequest } from './raw-worker.ts';

const SIZE = 64;

/** The name of each side. */
export const SIDE_NAMES: Readonly<Record<SideId, string>> = {
  chosen: 'Perigee, as it chooses',
  wasm: 'Perigee on wasm',
  raw: 'onnxruntime-web in a worker',
};

/** The sides, with the digits model. Each opens in a new worker, with one thread. */
export async function makeSides(signal: AbortSignal): Promise<readonly Side[]> {
  const response = await fetch(model, { signal });
  if (!response.ok) throw new Error(`The model answered HTTP ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const pixels = Float32Array.from({ length: SIZE }, (_, i) => (i % 5) / 4);
  return [
    { id: 'chosen', open: () => openPerigee(bytes, pixels) },
    { id: 'wasm', open: () => openPerigee(bytes, pixels, 'wasm') },
    { id: 'raw', open: () => openRaw(bytes, pixels) },
  ];
}

async function openPerigee(bytes: Uint8Array, pixels: Float32Array, backend?: 'wasm') {
  const opened = await loadModel(bytes.slice(), { threads: 1, ...(backend && { backend }) });
  const feeds: Tensors = { image: { dtype: 'float32', shape: [1, 1, 8, 8], data: pixels } };
  return {
    call: async () => (await opened.run(feeds))['logits']?.data as Float32Array,
    close: () => opened.dispose(),
  };
}

/** A worker around onnxruntime-web, as an app would write it. */
async function openRaw(bytes: Uint8Array, pixels: Float32Array) {
  const worker = new Worker(new URL('./raw-worker.ts', import.meta.url), {
    type: 'module',
    name: 'onnxruntime-web',
  });
  const ask = (request: RawRequest): Promise<Float32Array> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<RawAnswer>) =>
        data.fault === undefined ? resolve(data.values) : reject(new Error(data.fault));
      worker.onerror = ({ message }) => reject(new Error(message || 'The worker ended.'));
      worker.postMessage(request);
    });
  await ask({ type: 'open', bytes, wasm: new URL(wasm, location.href).href });
  return {
    call: () => ask({ type: 'run', pixels }),
    close: async () => worker.terminate(),
  };
}
