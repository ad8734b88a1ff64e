import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';

const { message } = wire;

export function utf8(bytes: Uint8Array, field: WireField): string {
  return new TextDecoder().decode(bytes.subarray(field.start, message(field).end));
}

export function viewOf(bytes: Uint8Array, field: WireField): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + field.start, field.end - field.start);
}

/** Reads one float32, or packed ones. */
export function floats(bytes: Uint8Array, field: WireField): number[] {
  const view = viewOf(bytes, field);
  return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
}

export function doubles(bytes: Uint8Array, field: WireField): number[] {
  const view = viewOf(bytes, field);
  return Array.from({ length: Math.floor(view.byteLength / 8) }, (_, i) =>
    view.getFloat64(8 * i, true),
  );
}

export function integers(bytes: Uint8Array, field: WireField): bigint[] {
  const values: bigint[] = [];
  for (let at = field.start; at < field.end;) {
    const { value, next } = signed(bytes, at, field.end);
    values.push(value);
    at = next;
  }
  return values;
}

/** Reads a varint as int64. Negative ones take ten bytes. */
export function signed(
  bytes: Uint8Array,
  start: number,
  end: number,
): { value: bigint; next: number } {
  let value = 0n;
  let at = start;
  for (let shift = 0n; at < end && shift < 70n; shift += 7n) {
    const byte = bytes[at] ?? 0;
    at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { value: BigInt.asIntN(64, value), next: at };
}
