import { wire } from '@perigee/registry';
import type { Dtype, WireField } from '@perigee/registry';
import type { Tensor } from '../../tensor.ts';

type ArrayClass = new (buffer: ArrayBuffer) => ArrayBufferView & { readonly length: number };

/** Dtype and array class for each TensorProto.DataType. */
const RAW: Readonly<Record<number, readonly [Dtype, ArrayClass]>> = {
  1: ['float32', Float32Array],
  2: ['uint8', Uint8Array],
  3: ['int8', Int8Array],
  4: ['uint16', Uint16Array],
  5: ['int16', Int16Array],
  6: ['int32', Int32Array],
  7: ['int64', BigInt64Array],
  9: ['bool', Uint8Array],
  10: ['float16', Uint16Array],
  11: ['float64', Float64Array],
  12: ['uint32', Uint32Array],
  13: ['uint64', BigUint64Array],
};

/**
 * Reads the value of a tensor in the file. Null if its values are in another file, or if their
 * number does not match its shape. TensorProto: dims 1, data_type 2, float_data 4, int32_data 5,
 * string_data 6, int64_data 7, raw_data 9, double_data 10, uint64_data 11, external_data 13.
 */
export function readConstant(bytes: Uint8Array, tensor: WireField): Tensor | null {
  const shape: number[] = [];
  let type = 0;
  const data: WireField[] = [];
  for (const field of wire.fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 1)
      shape.push(...(field.type === 2 ? wire.packedVarints(bytes, field) : [field.value]));
    else if (field.number === 2) type = field.value;
    else if ([4, 5, 6, 7, 9, 10, 11].includes(field.number)) data.push(field);
    else if (field.number === 13) return null;
  }
  const length = shape.reduce((product, size) => product * size, 1);
  if (type === 8) {
    const texts = data.filter(({ number }) => number === 6).map((field) => wire.text(bytes, field));
    return texts.length === length ? { dtype: 'string', shape, data: texts } : null;
  }
  const [dtype, Class] = RAW[type] ?? [];
  if (!dtype || !Class) return null;
  const values = new Class(valueBytes(bytes, data, Class));
  return values.length === length ? ({ dtype, shape, data: values } as unknown as Tensor) : null;
}

/** The values in the form of raw_data: little-endian, each in the width of its dtype. */
function valueBytes(bytes: Uint8Array, data: readonly WireField[], Class: ArrayClass): ArrayBuffer {
  const joined: number[] = [];
  const width = new Class(new ArrayBuffer(0)) as unknown as { readonly BYTES_PER_ELEMENT: number };
  for (const field of data) {
    // Floats are stored as they are. Integers are varints, of which only the low bytes are taken.
    if (field.number === 4 || field.number === 9 || field.number === 10)
      joined.push(...bytes.subarray(field.start, field.end));
    else
      for (const value of varints(bytes, field))
        for (let i = 0; i < width.BYTES_PER_ELEMENT; i += 1)
          joined.push(Number((value >> BigInt(8 * i)) & 0xffn));
  }
  const count = joined.length - (joined.length % width.BYTES_PER_ELEMENT);
  return Uint8Array.from(joined.slice(0, count)).buffer;
}

/** Reads the varints of a field, packed or not, as exact int64 values. */
export function varints(bytes: Uint8Array, field: WireField): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (let at = field.start; at < field.end; at += 1) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(BigInt.asIntN(64, value));
    value = 0n;
    shift = 0n;
  }
  return values;
}
