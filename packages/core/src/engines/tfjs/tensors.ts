import type { Dtype } from '@perigee/registry';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { PerigeeError } from '../../error.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import type { Tf } from './backend.ts';

/** The element types that both TensorFlow.js and Perigee have. */
export const TF_DTYPES = ['float32', 'int32', 'bool', 'string'] as const;
export type TfDtype = (typeof TF_DTYPES)[number];

export function isTfDtype(dtype: string | null | undefined): dtype is TfDtype {
  return TF_DTYPES.includes(dtype as TfDtype);
}

export function toTf(tf: Tf, { dtype, shape, data }: Tensor): TensorFlow.Tensor {
  return tf.tensor(data as Float32Array, [...shape], dtype as TfDtype);
}

/**
 * Reads a tensor into a buffer of its own. On the CPU, TensorFlow.js returns the array that it
 * keeps.
 * @throws PerigeeError UNSUPPORTED_MODEL for complex values
 */
export async function fromTf(tensor: TensorFlow.Tensor, name: string): Promise<Tensor> {
  const { dtype, shape } = tensor;
  if (!isTfDtype(dtype)) throw unsupportedDtype(name, dtype);
  const data = copied(dtype, await tensor.data());
  return { dtype: dtype as Dtype, shape: [...shape], data } as Tensor;
}

export function unsupportedDtype(name: string, dtype: string): PerigeeError {
  const remedy = dtype.startsWith('complex')
    ? ' Let the model give the real and the imaginary part, or the magnitude, as outputs ' +
      'of their own.'
    : '';
  return new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${name}" has the element type ${dtype}. A TensorFlow.js model can take and give ` +
      `${TF_DTYPES.join(', ')}.${remedy}`,
    { details: { name, dtype } },
  );
}

/** Copies values to the dtype's array class. Some kernels keep integers and booleans in others. */
function copied(dtype: TfDtype, data: unknown): TensorData {
  if (dtype === 'string') return [...(data as string[])];
  const values = data as ArrayLike<number>;
  if (dtype === 'int32') return Int32Array.from(values);
  return dtype === 'bool' ? Uint8Array.from(values) : Float32Array.from(values);
}
