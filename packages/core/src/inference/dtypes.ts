import type { Dtype } from '@perigee/registry';
import type { TensorData } from '../tensor.ts';

type NumericArray = Exclude<TensorData, string[]>;

/** The array class that carries each dtype, and how a plain number becomes one of its values. */
export const ARRAYS: Readonly<Record<Exclude<Dtype, 'string'>, { readonly name: string; readonly from: (values: readonly (number | boolean | string)[]) => NumericArray }>> = {
  float32: { name: 'Float32Array', from: (values) => Float32Array.from(values, Number) },
  float64: { name: 'Float64Array', from: (values) => Float64Array.from(values, Number) },
  float16: { name: 'Uint16Array', from: (values) => Uint16Array.from(values, (value) => toHalf(Number(value))) },
  int8: { name: 'Int8Array', from: (values) => Int8Array.from(values, Number) },
  uint8: { name: 'Uint8Array', from: (values) => Uint8Array.from(values, Number) },
  int16: { name: 'Int16Array', from: (values) => Int16Array.from(values, Number) },
  uint16: { name: 'Uint16Array', from: (values) => Uint16Array.from(values, Number) },
  int32: { name: 'Int32Array', from: (values) => Int32Array.from(values, Number) },
  uint32: { name: 'Uint32Array', from: (values) => Uint32Array.from(values, Number) },
  int64: { name: 'BigInt64Array', from: (values) => BigInt64Array.from(values, (value) => BigInt(value)) },
  uint64: { name: 'BigUint64Array', from: (values) => BigUint64Array.from(values, (value) => BigInt(value)) },
  bool: { name: 'Uint8Array', from: (values) => Uint8Array.from(values, (value) => (value ? 1 : 0)) },
};

export function fromValues(dtype: Dtype, values: readonly (number | boolean | string)[]): TensorData {
  return dtype === 'string' ? values.map(String) : ARRAYS[dtype].from(values);
}

/** Values as numbers, for comparing; float16 patterns decoded. */
export function toNumbers(dtype: Dtype, data: TensorData): readonly (number | string)[] {
  if (Array.isArray(data)) return data;
  if (dtype === 'float16') return Array.from(data as Uint16Array, fromHalf);
  return Array.from(data as Float32Array, Number);
}

const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

/** IEEE 754 binary32 → binary16, round to nearest even. */
function toHalf(value: number): number {
  scratch[0] = value;
  const x = bits[0] ?? 0;
  const sign = (x >>> 16) & 0x8000;
  const exponent = ((x >>> 23) & 0xff) - 127 + 15;
  const mantissa = x & 0x7fffff;
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - exponent);
  }
  // A carry out of the mantissa grows the exponent, as it should.
  return sign + ((exponent << 10) + roundShift(mantissa, 13));
}

function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const kept = value >>> shift;
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

function fromHalf(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const mantissa = pattern & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}
