/**
 * Writes the protobuf messages that `wire.ts` reads. Source: protobuf encoding specification
 * (https://protobuf.dev/programming-guides/encoding).
 */

/**
 * Joins the parts into one array.
 * @example
 * ```ts
 * const message = concat([varintField(1, 8), textField(2, 'perigee')]);
 * ```
 */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** @param value a whole number; a number must not be beyond ±(2^53 − 1) */
function varint(value: number | bigint): Uint8Array {
  if (typeof value === 'bigint' || value < 0) return varintOf64Bits(BigInt(value));
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** A negative number is its two's complement in ten bytes. */
function varintOf64Bits(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

/**
 * A field with a varint.
 * @param value a whole number; a number must not be beyond ±(2^53 − 1)
 * @example
 * ```ts
 * varintField(1, 8); // [0x08, 0x08]
 * ```
 */
export function varintField(number: number, value: number | bigint): Uint8Array {
  return concat([varint(number * 8), varint(value)]);
}

/**
 * A list of varints, packed into one field.
 * @example
 * ```ts
 * packedField(8, [1, 2]); // [0x42, 0x02, 0x01, 0x02]
 * ```
 */
export function packedField(number: number, values: readonly (number | bigint)[]): Uint8Array {
  return bytesField(number, concat(values.map(varint)));
}

/**
 * A field with a float32.
 * @example
 * ```ts
 * floatField(2, 1); // [0x15, 0x00, 0x00, 0x80, 0x3f]
 * ```
 */
export function floatField(number: number, value: number): Uint8Array {
  return concat([varint(number * 8 + 5), floatBytes([value])]);
}

/**
 * Little-endian bytes of float32 numbers.
 * @example
 * ```ts
 * const packed = bytesField(7, floatBytes([0.5, 1]));
 * ```
 */
export function floatBytes(values: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) bytes.setFloat32(4 * i, value, true);
  return new Uint8Array(bytes.buffer);
}

/**
 * Tag and length of a length-delimited field. The caller writes the payload after it and need not
 * copy it.
 * @example
 * ```ts
 * const parts = [bytesHead(9, payload.byteLength), payload];
 * ```
 */
export function bytesHead(number: number, length: number): Uint8Array {
  return concat([varint(number * 8 + 2), varint(length)]);
}

/**
 * A length-delimited field with its payload.
 * @example
 * ```ts
 * const graph = bytesField(7, payload);
 * ```
 */
export function bytesField(number: number, payload: Uint8Array): Uint8Array {
  return concat([bytesHead(number, payload.byteLength), payload]);
}

/**
 * A length-delimited field of UTF-8 text.
 * @example
 * ```ts
 * textField(2, 'a'); // [0x12, 0x01, 0x61]
 * ```
 */
export function textField(number: number, text: string): Uint8Array {
  return bytesField(number, new TextEncoder().encode(text));
}

/**
 * Tag of a field that is copied unchanged; its payload follows.
 * @example
 * ```ts
 * const copy = [fieldHead(field), bytes.subarray(field.start, field.end)];
 * ```
 */
export function fieldHead({
  number,
  type,
  start,
  end,
}: {
  readonly number: number;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}): Uint8Array {
  return type === 2 ? bytesHead(number, end - start) : varint(number * 8 + type);
}
