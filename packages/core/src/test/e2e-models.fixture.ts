import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import type { LoadModelOptions, Model, Prediction, Tensor } from 'perigee';
import { onTestFinished } from 'vitest';

export const MODELS = fileURLToPath(new URL('../../../../e2e/models/', import.meta.url));

/** Loads a file of `e2e/models`. */
export async function load(name: string, options: LoadModelOptions = {}): Promise<Model> {
  const model = await loadModel(`${MODELS}${name}.onnx`, {
    backend: 'wasm',
    threads: 1,
    ...options,
  });
  onTestFinished(() => model.dispose());
  return model;
}

/** Feeds of `loop.onnx`, which then answers with `count`. */
export const rounds = (count: number | bigint) =>
  ({
    x: { dtype: 'float32', shape: [1], data: Float32Array.of(0) },
    rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) },
  }) as const;

export const valuesOf = (tensor: Tensor | undefined): number[] => [
  ...(tensor!.data as Float32Array),
];
export const rowsOf = (prediction: Prediction): number[] => valuesOf(prediction.outputs['y']);
