import { RegistryError } from '../error.ts';

const MAX_TEXT_BYTES = 65_536;
const MAX_NUMBER = 2 ** 29 - 1;
const UTF8 = new TextDecoder();

/**
 * One field of a protobuf message: its number, and the position [start, end) of its payload in the
 * file.
 */
export interface WireField {
  readonly number: number;
  /** Wire type: 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32. */
  readonly type: number;
  /** Value of a varint; 0 for others. Exact up to 2^53. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of the message in bytes[start, end), in order. Nothing is copied. Groups, which were
 * deprecated before ONNX existed, are refused. Source: protobuf encoding specification
 * (https://protobuf.dev/programming-guides/encoding).
 * @throws RegistryError WRONG_CONTENT when the bytes are no such message
 * @example
 * ```ts
 * for (const field of fields(bytes, 0, bytes.byteLength)) console.log(field.number);
 * ```
 */
export function* fields(bytes: Uint8Array, start: number, end: number): Generator<WireField> {
  let at = start;
  while (at < end) {
    const tag = varint(bytes, at, end);
    const number = Math.floor(tag.value / 8);
    const type = tag.value % 8;
    // Other readers drop the high bits of a larger number, and find another field than this one.
    if (number === 0 || number > MAX_NUMBER) throw broken(at, `a field number of ${number}`);
    at = tag.next;
    if (type === 0) {
      const { value, next } = varint(bytes, at, end);
      yield { number, type, value, start: at, end: next };
      at = next;
    } else {
      const length = type === 2 ? varint(bytes, at, end) : { value: fixedSize(type, at), next: at };
      const payload = length.next;
      if (length.value > end - payload)
        throw broken(at, `a length of ${length.value} where ${end - payload} bytes are left`);
      yield { number, type, value: 0, start: payload, end: payload + length.value };
      at = payload + length.value;
    }
  }
}

/**
 * Returns the field, which must be length-delimited.
 * @throws RegistryError WRONG_CONTENT
 * @example
 * ```ts
 * const { start, end } = message(field);
 * ```
 */
export function message(field: WireField): WireField {
  if (field.type !== 2) throw broken(field.start, `field ${field.number}, which is not a message,`);
  return field;
}

/**
 * A text of at most 64 KiB. Bytes that are not UTF-8 become U+FFFD.
 * @throws RegistryError WRONG_CONTENT
 * @example
 * ```ts
 * if (field.number === 1) name = text(bytes, field);
 * ```
 */
export function text(bytes: Uint8Array, field: WireField): string {
  const length = message(field).end - field.start;
  if (length > MAX_TEXT_BYTES) throw broken(field.start, `a name of ${length} bytes`);
  return UTF8.decode(bytes.subarray(field.start, field.end));
}

/**
 * The values of a packed field, in order.
 * @throws RegistryError WRONG_CONTENT
 * @example
 * ```ts
 * const dims = packedVarints(bytes, field);
 * ```
 */
export function packedVarints(bytes: Uint8Array, field: WireField): number[] {
  const values: number[] = [];
  for (let at = message(field).start; at < field.end;) {
    const { value, next } = varint(bytes, at, field.end);
    values.push(value);
    at = next;
  }
  return values;
}

function fixedSize(type: number, at: number): number {
  if (type === 1) return 8;
  if (type === 5) return 4;
  throw broken(at, `wire type ${type}`);
}

/**
 * Negative int64 values take ten bytes. They become 2^53 or more, which callers treat as "no size".
 */
function varint(bytes: Uint8Array, start: number, end: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < Math.min(end, start + 10); at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
    scale *= 128;
  }
  throw broken(start, 'a number that does not end');
}

function broken(at: number, what: string): RegistryError {
  return new RegistryError(
    'WRONG_CONTENT',
    `The file is not a valid ONNX model: ${what} at byte ${at}.`,
    { details: { offset: at } },
  );
}
