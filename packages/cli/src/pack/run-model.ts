import type { Signature } from '@perigee/registry';
import { loadModel } from 'perigee';
import type { Tensors } from 'perigee';

/** A model that runs on this machine: natively where onnxruntime-node is installed, else on wasm. */
export interface RunningModel {
  readonly backend: string;
  readonly signature: Signature;
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

export async function runModel(files: ReadonlyMap<string, Uint8Array>): Promise<RunningModel> {
  const model = await loadModel(files, { backend: 'auto' });
  return { backend: model.backend, signature: model.signature, run: (feeds) => model.run(feeds), close: () => model.dispose() };
}
