import { loadModel } from 'perigee';
import type { Tensors } from 'perigee';
import ortAsyncify from 'perigee/browser/ort-wasm-simd-threaded.asyncify.wasm?url';
import ort from 'perigee/browser/ort-wasm-simd-threaded.wasm?url';
import tfjs from 'perigee/browser/tfjs-backend-wasm-simd.wasm?url';
import model from '../../../../models/digits/versions/1.0.0/model.onnx?url&no-inline';
import type { Side, SideId } from './measure.ts';
import { openPeer } from './peers/open-peer.ts';

const SIZE = 64;

/** The name of each side. */
export const SIDE_NAMES: Readonly<Record<SideId, string>> = {
  chosen: 'Perigee, as it chooses',
  wasm: 'Perigee on wasm',
  raw: 'onnxruntime-web in a worker',
  tfjs: 'TensorFlow.js in a worker',
  transformers: 'transformers.js in a worker',
};

/**
 * The sides, with the digits model. Each opens in a new worker, with one thread.
 * @param ids the sides to measure
 */
export async function makeSides(
  ids: ReadonlySet<SideId>,
  signal: AbortSignal,
): Promise<readonly Side[]> {
  const response = await fetch(model, { signal });
  if (!response.ok) throw new Error(`The model answered HTTP ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const pixels = Float32Array.from({ length: SIZE }, (_, i) => (i % 5) / 4);
  const all: readonly Side[] = [
    { id: 'chosen', open: () => openPerigee(bytes, pixels) },
    { id: 'wasm', open: () => openPerigee(bytes, pixels, 'wasm') },
    { id: 'raw', open: () => openPeer(onnxruntimeWorker(), bytes, pixels, ort) },
    { id: 'tfjs', open: () => openPeer(tfjsWorker(), bytes, pixels, tfjs) },
    { id: 'transformers', open: () => openPeer(transformersWorker(), bytes, pixels, ortAsyncify) },
  ];
  return all.filter(({ id }) => ids.has(id));
}

async function openPerigee(bytes: Uint8Array, pixels: Float32Array, backend?: 'wasm') {
  const opened = await loadModel(bytes.slice(), { threads: 1, ...(backend && { backend }) });
  const feeds: Tensors = { image: { dtype: 'float32', shape: [1, 1, 8, 8], data: pixels } };
  return {
    call: async () => (await opened.run(feeds))['logits']?.data as Float32Array,
    close: () => opened.dispose(),
  };
}

// Bundlers find a worker by this form.
const onnxruntimeWorker = (): Worker =>
  new Worker(new URL('./peers/onnxruntime-worker.ts', import.meta.url), { type: 'module' });
const tfjsWorker = (): Worker =>
  new Worker(new URL('./peers/tfjs-worker.ts', import.meta.url), { type: 'module' });
const transformersWorker = (): Worker =>
  new Worker(new URL('./peers/transformers-worker.ts', import.meta.url), { type: 'module' });
