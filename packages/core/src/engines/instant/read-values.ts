import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';

const { message } = wire;

export function utf8(bytes: Uint8Array, field: WireField): string {
  return new TextDecoder().decode(bytes.subarray(field.start, message(field).end));
}

/** Adds one float64, or packed ones, to a list. */
export function pushDoubles(
  bytes: Uint8Array,
  { start, end }: WireField,
  into: (number | bigint)[],
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = start; at + 8 <= end; at += 8) into.push(view.getFloat64(at, true));
}
