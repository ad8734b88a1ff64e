import { spreadLists } from '@perigee/registry';
import type { Signature } from '@perigee/registry';
import { loadModel } from 'perigee';
import type { Backend, Tensor, Tensors } from 'perigee';

/** A model that runs on this machine. */
export interface RunningModel {
  readonly backend: string;
  readonly signature: Signature;
  /** The items of a list are tensors of their own: see `spreadLists`. */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** @param backend default: natively where onnxruntime-node is installed, else what the SDK takes first */
export async function runModel(files: ReadonlyMap<string, Uint8Array>, backend?: Backend): Promise<RunningModel> {
  const model = await loadModel(files, backend ? { backend } : {});
  return {
    backend: model.backend,
    signature: model.signature,
    run: async (feeds) => spreadLists<Tensor>(await model.run(feeds)),
    close: () => model.dispose(),
  };
}
