import type { Dtype } from '@perigee/registry';
import { fromHalf, toHalf } from './float16.ts';
import type { TensorData } from './tensor.ts';

type NumericArray = Exclude<TensorData, string[]>;

type Value = number | boolean | string;

/**
 * Makes an array of numbers. A constructor is several times as fast as `from()` with a function,
 * and converts in the same way, but refuses a BigInt.
 */
function numbers<Made extends NumericArray>(Class: {
  new (values: readonly number[]): Made;
  from(values: readonly Value[], convert: (value: Value) => number): Made;
}): (values: readonly Value[]) => Made {
  return (values) =>
    (values as readonly unknown[]).some((value) => typeof value === 'bigint')
      ? Class.from(values, Number)
      : new Class(values as readonly number[]);
}

/** The array class that carries each dtype, and how a plain number becomes one of its values. */
export const ARRAYS: Readonly<
  Record<
    Exclude<Dtype, 'string'>,
    {
      readonly name: string;
      readonly from: (values: readonly Value[]) => NumericArray;
    }
  >
> = {
  float32: { name: 'Float32Array', from: numbers(Float32Array) },
  float64: { name: 'Float64Array', from: numbers(Float64Array) },
  float16: {
    name: 'Uint16Array',
    from: (values) => Uint16Array.from(values, (value) => toHalf(Number(value))),
  },
  int8: { name: 'Int8Array', from: numbers(Int8Array) },
  uint8: { name: 'Uint8Array', from: numbers(Uint8Array) },
  int16: { name: 'Int16Array', from: numbers(Int16Array) },
  uint16: { name: 'Uint16Array', from: numbers(Uint16Array) },
  int32: { name: 'Int32Array', from: numbers(Int32Array) },
  uint32: { name: 'Uint32Array', from: numbers(Uint32Array) },
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

export function fromValues(dtype: Dtype, values: readonly Value[]): TensorData {
  return dtype === 'string' ? values.map(String) : ARRAYS[dtype].from(values);
}

/** Converts values to numbers for comparison, and decodes float16 patterns. Text stays text. */
export function toNumbers(dtype: Dtype, data: TensorData): readonly (number | string)[] {
  if (Array.isArray(data)) return data;
  if (dtype === 'float16') return Array.from(data as Uint16Array, (pattern) => fromHalf(pattern));
  return Array.from(data as Float32Array, Number);
}
