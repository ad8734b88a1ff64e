import type { Signature } from '@perigee/registry';
import { loadModel } from 'perigee';
import type { Backend, Tensors } from 'perigee';

/** A model that runs on this machine. */
export interface RunningModel {
  readonly backend: string;
  readonly signature: Signature;
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** @param backend default: natively where onnxruntime-node is installed, else what the SDK takes first */
export async function runModel(files: ReadonlyMap<string, Uint8Array>, backend?: Backend): Promise<RunningModel> {
  const model = await loadModel(files, backend ? { backend } : {});
  return { backend: model.backend, signature: model.signature, run: (feeds) => model.run(feeds), close: () => model.dispose() };
}
