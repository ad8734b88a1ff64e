// Reads a serialized TensorProto as a plain tensor. Field numbers and the type of each list of
// values: onnx.proto3 of the ONNX repository.
import { wire } from '@perigee/registry';

/** @typedef {import('./types.d.ts').TestTensor} TestTensor */

/**
 * An element type: its array, or its array of 64-bit numbers. Texts have neither.
 * @typedef {object} Type
 * @property {string} dtype
 * @property {Float32ArrayConstructor | Float64ArrayConstructor | Int8ArrayConstructor
 *   | Uint8ArrayConstructor | Int16ArrayConstructor | Uint16ArrayConstructor
 *   | Int32ArrayConstructor | Uint32ArrayConstructor} [array]
 * @property {BigInt64ArrayConstructor | BigUint64ArrayConstructor} [wide]
 * @property {number} field
 * @property {number} [perByte]
 */

/**
 * A field of a TensorProto.
 * @typedef {object} Part
 * @property {import('@perigee/registry').WireField} field
 * @property {Uint8Array} payload
 */

/**
 * TensorProto.DataType → its name in ONNX Runtime's JavaScript API, its array class, and the field
 * that holds its values if they are not raw.
 * @type {ReadonlyMap<number, Type>}
 */
const TYPES = new Map([
  [1, { dtype: 'float32', array: Float32Array, field: 4 }],
  [2, { dtype: 'uint8', array: Uint8Array, field: 5 }],
  [3, { dtype: 'int8', array: Int8Array, field: 5 }],
  [4, { dtype: 'uint16', array: Uint16Array, field: 5 }],
  [5, { dtype: 'int16', array: Int16Array, field: 5 }],
  [6, { dtype: 'int32', array: Int32Array, field: 5 }],
  [7, { dtype: 'int64', wide: BigInt64Array, field: 7 }],
  [8, { dtype: 'string', field: 6 }],
  [9, { dtype: 'bool', array: Uint8Array, field: 5 }],
  [10, { dtype: 'float16', array: Uint16Array, field: 5 }],
  [11, { dtype: 'float64', array: Float64Array, field: 10 }],
  [12, { dtype: 'uint32', array: Uint32Array, field: 11 }],
  [13, { dtype: 'uint64', wide: BigUint64Array, field: 11 }],
  [16, { dtype: 'bfloat16', array: Uint16Array, field: 5 }],
  // Two values a byte, in ONNX Runtime's layout.
  [21, { dtype: 'uint4', array: Uint8Array, field: 5, perByte: 2 }],
  [22, { dtype: 'int4', array: Uint8Array, field: 5, perByte: 2 }],
]);

/**
 * Bytes of one value, for lists of fixed-size values; the others are varints.
 * @type {Readonly<Record<number, number>>}
 */
const FIXED = { 4: 4, 10: 8 };

/**
 * @param {Uint8Array} bytes a serialized TensorProto
 * @returns {TestTensor & { name: string }}
 * @throws {TypeError} for element types without an array in JavaScript, and for values that do not
 * fit the shape
 */
export function readTensorProto(bytes) {
  /** @type {number[]} */
  const shape = [];
  /** @type {Part[]} */
  const values = [];
  let number = 0;
  let name = '';
  /** @type {Uint8Array | undefined} */
  let raw;
  for (const field of wire.fields(bytes, 0, bytes.byteLength)) {
    const payload = bytes.subarray(field.start, field.end);
    if (field.number === 1) shape.push(...varints(payload).map(Number));
    else if (field.number === 2) number = field.value;
    else if (field.number === 8) name = new TextDecoder().decode(payload);
    else if (field.number === 9) raw = payload;
    else if (field.number === 13)
      throw new TypeError(
        `"${name}" keeps its values in another file, which test data never does.`,
      );
    else values.push({ field, payload });
  }
  const type = TYPES.get(number);
  if (!type)
    throw new TypeError(`"${name}" has element type ${number}, which JavaScript has no array for.`);
  const data =
    raw === undefined
      ? fromList(
          values.filter(({ field }) => field.number === type.field),
          type,
        )
      : fromRaw(raw, type);
  const expected = Math.ceil(
    shape.reduce((product, size) => product * size, 1) / (type.perByte ?? 1),
  );
  if (data.length !== expected)
    throw new TypeError(
      `"${name}" has ${data.length} values; the shape [${shape.join(', ')}] has ${expected}.`,
    );
  return { name, dtype: type.dtype, shape, data };
}

/**
 * Little-endian, like every machine with a JavaScript engine. The copy aligns the bytes.
 * @param {Uint8Array} raw
 * @param {Type} type
 */
function fromRaw(raw, { array, wide }) {
  const Values = array ?? wide;
  if (!Values) throw new TypeError('Texts cannot be raw data.');
  return new Values(Uint8Array.from(raw).buffer);
}

/**
 * A list may be packed into one field, or have a field for each value.
 * @param {readonly Part[]} parts
 * @param {Type} type
 */
function fromList(parts, { array, wide, field }) {
  if (wide) return new wide(parts.flatMap(({ payload }) => varints(payload)));
  if (!array) return parts.map(({ payload }) => new TextDecoder().decode(payload));
  if (FIXED[field]) return new array(joined(parts).buffer);
  const numbers = parts.flatMap(({ payload }) => varints(payload));
  return new array(numbers.map((value) => Number(BigInt.asIntN(64, value))));
}

/** @param {readonly Part[]} parts */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, { payload }) => sum + payload.length, 0));
  let offset = 0;
  for (const { payload } of parts) {
    all.set(payload, offset);
    offset += payload.length;
  }
  return all;
}

/**
 * Varints of up to 64 bits. A negative number is its two's complement in ten bytes.
 * @param {Uint8Array} bytes
 */
function varints(bytes) {
  /** @type {bigint[]} */
  const values = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      values.push(value);
      [value, shift] = [0n, 0n];
    }
  }
  return values;
}
