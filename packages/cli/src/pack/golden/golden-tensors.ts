import type { Dtype, GoldenTensor } from '@perigee/registry';
import type { Tensor, Tensors } from 'perigee';
import { fromHalf, toHalf } from '../../onnx/half.ts';

type Value = number | string | boolean;

export function fromGolden({ dtype, shape, data }: GoldenTensor): Tensor {
  return makeTensor(dtype as Dtype, shape, data);
}

/**
 * Converts tensors to their JSON form: 64-bit integers as text, float16 decoded, NaN and infinities
 * by name.
 */
export function toGolden(tensors: Tensors): Record<string, GoldenTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      {
        dtype: tensor.dtype,
        shape: tensor.shape,
        data: valuesOf(tensor).map((value) =>
          typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
        ),
      },
    ]),
  );
}

/** Values for comparison and JSON; 64-bit integers as text. */
export function valuesOf({ dtype, data }: Tensor): (number | string)[] {
  if (dtype === 'float16') return Array.from(data as Uint16Array, fromHalf);
  return Array.from(data as ArrayLike<number | bigint | string>, (value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

export function makeTensor(
  dtype: Dtype,
  shape: readonly number[],
  values: readonly Value[],
): Tensor {
  return { dtype, shape, data: ARRAYS[dtype](values) } as Tensor;
}

const ARRAYS: { readonly [D in Dtype]: (values: readonly Value[]) => Tensor<D>['data'] } = {
  float32: (values) => Float32Array.from(values, Number),
  float16: (values) => Uint16Array.from(values, (value) => toHalf(Number(value))),
  float64: (values) => Float64Array.from(values, Number),
  int64: (values) => BigInt64Array.from(values, (value) => BigInt(value)),
  uint64: (values) => BigUint64Array.from(values, (value) => BigInt(value)),
  int32: (values) => Int32Array.from(values, Number),
  uint32: (values) => Uint32Array.from(values, Number),
  int16: (values) => Int16Array.from(values, Number),
  uint16: (values) => Uint16Array.from(values, Number),
  int8: (values) => Int8Array.from(values, Number),
  uint8: (values) => Uint8Array.from(values, Number),
  bool: (values) => Uint8Array.from(values, (value) => (value ? 1 : 0)),
  string: (values) => values.map(String),
};
