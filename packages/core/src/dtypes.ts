import type { Dtype } from '@perigee/registry';
import { fromHalf, toHalf } from './float16.ts';
import type { TensorData } from './tensor.ts';

type NumericArray = Exclude<TensorData, string[]>;

/** The array class that carries each dtype, and how a plain number becomes one of its values. */
export const ARRAYS: Readonly<
  Record<
    Exclude<Dtype, 'string'>,
    {
      readonly name: string;
      readonly from: (values: readonly (number | boolean | string)[]) => NumericArray;
    }
  >
> = {
  float32: { name: 'Float32Array', from: (values) => Float32Array.from(values, Number) },
  float64: { name: 'Float64Array', from: (values) => Float64Array.from(values, Number) },
  float16: {
    name: 'Uint16Array',
    from: (values) => Uint16Array.from(values, (value) => toHalf(Number(value))),
  },
  int8: { name: 'Int8Array', from: (values) => Int8Array.from(values, Number) },
  uint8: { name: 'Uint8Array', from: (values) => Uint8Array.from(values, Number) },
  int16: { name: 'Int16Array', from: (values) => Int16Array.from(values, Number) },
  uint16: { name: 'Uint16Array', from: (values) => Uint16Array.from(values, Number) },
  int32: { name: 'Int32Array', from: (values) => Int32Array.from(values, Number) },
  uint32: { name: 'Uint32Array', from: (values) => Uint32Array.from(values, Number) },
  int64: {
    name: 'BigInt64Array',
    from: (values) => BigInt64Array.from(values, (value) => BigInt(value)),
  },
  uint64: {
    name: 'BigUint64Array',
    from: (values) => BigUint64Array.from(values, (value) => BigInt(value)),
  },
  bool: {
    name: 'Uint8Array',
    from: (values) => Uint8Array.from(values, (value) => (value ? 1 : 0)),
  },
};

export function fromValues(
  dtype: Dtype,
  values: readonly (number | boolean | string)[],
): TensorData {
  return dtype === 'string' ? values.map(String) : ARRAYS[dtype].from(values);
}

/** Converts values to numbers for comparison, and decodes float16 patterns. Text stays text. */
export function toNumbers(dtype: Dtype, data: TensorData): readonly (number | string)[] {
  if (Array.isArray(data)) return data;
  if (dtype === 'float16') return Array.from(data as Uint16Array, (pattern) => fromHalf(pattern));
  return Array.from(data as Float32Array, Number);
}
