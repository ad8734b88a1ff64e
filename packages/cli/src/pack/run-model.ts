import { spreadLists } from '@perigee/registry';
import type { Signature } from '@perigee/registry';
import { loadModel } from 'perigee';
import type { Backend, Tensor, Tensors } from 'perigee';

/** A model that is loaded on this machine. */
export interface RunningModel {
  readonly backend: string;
  readonly signature: Signature;
  /** Runs the model. The items of a list become separate tensors: see `spreadLists()`. */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/**
 * Loads a model on this machine.
 * @param source the address of its file, or all its files
 * @param backend default: native if onnxruntime-node is installed, else the SDK's first choice
 */
export async function runModel(
  source: URL | ReadonlyMap<string, Uint8Array>,
  backend?: Backend,
): Promise<RunningModel> {
  const model = await loadModel(source, backend ? { backend } : {});
  return {
    backend: model.backend,
    signature: model.signature,
    run: async (feeds) => spreadLists<Tensor>(await model.run(feeds)),
    close: () => model.dispose(),
  };
}
