import type { Signature } from '@perigee/registry';
import type * as TensorFlow from '@tensorflow/tfjs-core';

export type TfTensor = TensorFlow.Tensor;

/** A graph model or a layers model, made alike. */
export interface OpenedModel {
  readonly signature: Signature;
  /** Other names of inputs and outputs → those of the signature. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Inputs by name → the outputs named, in order. */
  execute(
    feeds: Readonly<Record<string, TfTensor>>,
    outputs: readonly string[],
  ): Promise<readonly TfTensor[]>;
  /** Whether the model keeps this tensor for further runs. */
  keeps(tensor: TfTensor): boolean;
  dispose(): void;
}

/** An IOHandler: TensorFlow.js' word for the place that a model comes from. */
export function handlerOf(artifacts: object): TensorFlow.io.IOHandler {
  return { load: () => Promise.resolve(artifacts as unknown as TensorFlow.io.ModelArtifacts) };
}
