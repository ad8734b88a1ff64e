/// <reference lib="webworker" />
import { messageOf } from '../../../format.ts';
import type { PeerAnswer, PeerRequest, Run } from './protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

/**
 * Answers the page, in a worker of a peer.
 * @param open opens the ONNX model from its bytes
 * @param open.wasm URL of the runtime's wasm
 */
export function answer(open: (bytes: Uint8Array, wasm: string) => Promise<Run>): void {
  let run: Run | undefined;
  const valuesOf = async (request: PeerRequest): Promise<Float32Array> => {
    if (request.type === 'run') return (await run?.(request.pixels)) ?? new Float32Array();
    run = await open(request.bytes, request.wasm);
    return new Float32Array();
  };
  self.addEventListener('message', async ({ data }: MessageEvent<PeerRequest>) => {
    self.postMessage(
      await valuesOf(data).then(
        (values): PeerAnswer => ({ values }),
        (error: unknown): PeerAnswer => ({ fault: messageOf(error) }),
      ),
    );
  });
}
