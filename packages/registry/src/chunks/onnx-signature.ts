import { RegistryError } from '../error.ts';
import { LIMITS } from '../manifest/limits.ts';
import type { Dimension, Dtype, TensorSignature } from '../manifest/signature.ts';
import { fields, message, text } from './wire.ts';
import type { WireField } from './wire.ts';

/** TensorProto.DataType of onnx.proto3: the types that have a JavaScript array. */
const DTYPE_BY_NUMBER: ReadonlyMap<number, Dtype> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [8, 'string'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
]);

export function dtypeOf(number: number): Dtype | undefined {
  return DTYPE_BY_NUMBER.get(number);
}

/** ValueInfoProto.name 1. */
export function valueName(bytes: Uint8Array, value: WireField): string {
  for (const field of fields(bytes, value.start, value.end))
    if (field.number === 1) return text(bytes, field);
  return '';
}

/** False for a sequence, a map or an optional value. */
export function isTensorInfo(bytes: Uint8Array, value: WireField): boolean {
  const type = child(bytes, value, 2);
  return type !== undefined && child(bytes, type, 1) !== undefined;
}

/**
 * Reads the name, dtype and shape of an input or output: ValueInfoProto.type 2 →
 * TypeProto.tensor_type 1 → elem_type 1, shape 2 → dim 1 (onnx.proto3).
 * @param value the ValueInfoProto's place in `bytes`
 * @throws RegistryError UNSUPPORTED_MODEL when the value is no tensor, or has a type without a
 * JavaScript array
 * @example
 * ```ts
 * readValueInfo(bytes, field, 'x'); // { name: 'x', dtype: 'float32', shape: [1, 3, 224, 224] }
 * ```
 */
export function readValueInfo(bytes: Uint8Array, value: WireField, name: string): TensorSignature {
  const type = child(bytes, value, 2);
  const tensor = type && child(bytes, type, 1);
  if (!tensor) {
    const message = `"${name}" is not a tensor but a sequence, a map or an optional value.`;
    throw new RegistryError('UNSUPPORTED_MODEL', message);
  }
  let dtype: Dtype | undefined;
  let hasShape = false;
  const shape: Dimension[] = [];
  for (const field of fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 1) dtype = dtypeOf(field.value);
    else if (field.number === 2) {
      hasShape = true;
      for (const dim of fields(bytes, message(field).start, field.end)) {
        if (dim.number === 1 && shape.push(dimension(bytes, message(dim))) > LIMITS.dimensions)
          throw new RegistryError(
            'UNSUPPORTED_MODEL',
            `"${name}" has more than ${LIMITS.dimensions} dimensions.`,
          );
      }
    }
  }
  if (!dtype)
    throw new RegistryError(
      'UNSUPPORTED_MODEL',
      `"${name}" has an element type that JavaScript has no array for.`,
    );
  return { name, dtype, shape, ...(!hasShape && { rank: 'unknown' as const }) };
}

/** Dimension: dim_value 1, dim_param 2. Without either the dimension is free. */
function dimension(bytes: Uint8Array, dim: WireField): Dimension {
  for (const field of fields(bytes, dim.start, dim.end)) {
    if (field.number === 1) return Number.isSafeInteger(field.value) ? field.value : null;
    if (field.number === 2) return text(bytes, field) || null;
  }
  return null;
}

function child(bytes: Uint8Array, parent: WireField, number: number): WireField | undefined {
  for (const field of fields(bytes, parent.start, parent.end))
    if (field.number === number) return message(field);
  return undefined;
}
