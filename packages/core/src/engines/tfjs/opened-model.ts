import type { Signature } from '@perigee/registry';
import type * as TensorFlow from '@tensorflow/tfjs-core';

export type TfTensor = TensorFlow.Tensor;

/** The common interface of graph models and layers models. */
export interface OpenedModel {
  readonly signature: Signature;
  /** Other names of inputs and outputs → their names in the signature. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Runs the model on inputs by name. Returns the named outputs in the order given. */
  execute(
    feeds: Readonly<Record<string, TfTensor>>,
    outputs: readonly string[],
  ): Promise<readonly TfTensor[]>;
  /** Whether the model keeps this tensor for further runs. */
  keeps(tensor: TfTensor): boolean;
  dispose(): void;
}

/** An IOHandler with these artifacts. TensorFlow.js loads models through IOHandlers. */
export function handlerOf(artifacts: object): TensorFlow.io.IOHandler {
  return { load: () => Promise.resolve(artifacts as unknown as TensorFlow.io.ModelArtifacts) };
}
