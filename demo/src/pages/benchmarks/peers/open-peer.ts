import type { Opened } from '../measure.ts';
import type { PeerAnswer, PeerRequest } from './protocol.ts';

/**
 * Opens the model in a worker of a peer, as an app would by hand.
 * @param worker a new worker, which calls `answer`
 * @param wasm URL of the runtime's wasm
 */
export async function openPeer(
  worker: Worker,
  bytes: Uint8Array,
  pixels: Float32Array,
  wasm: string,
): Promise<Opened> {
  const ask = (request: PeerRequest): Promise<Float32Array> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<PeerAnswer>) =>
        data.fault === undefined ? resolve(data.values) : reject(new Error(data.fault));
      worker.onerror = ({ message }) => reject(new Error(message || 'The worker ended.'));
      worker.postMessage(request);
    });
  try {
    await ask({ type: 'open', bytes, wasm: new URL(wasm, location.href).href });
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    call: () => ask({ type: 'run', pixels }),
    close: async () => worker.terminate(),
  };
}
