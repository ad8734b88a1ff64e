import type { WireField } from '@perigee/registry';

/** So many low bits of an int64 are a number. */
const LOW_BITS = 49;

/**
 * Adds one varint, or packed ones, to a list. Each is an int64; negative ones take ten bytes. Low
 * bits are read as numbers, which is many times faster than bigints.
 * @param as the kind of number: `Number`, which rounds beyond 2^53, or `BigInt`
 */
export function integers<T>(
  bytes: Uint8Array,
  { start, end }: WireField,
  as: (value: number | bigint) => T,
  into: T[] = [],
): T[] {
  for (let at = start; at < end;) {
    let [low, high, shift, byte] = [0, 0n, 0, 0];
    do {
      byte = bytes[at++] ?? 0;
      if (shift < LOW_BITS) low += (byte & 0x7f) * 2 ** shift;
      else high |= BigInt(byte & 0x7f) << BigInt(shift);
      shift += 7;
    } while (byte > 0x7f && at < end && shift < 70);
    into.push(as(high ? BigInt.asIntN(64, high | BigInt(low)) : low));
  }
  return into;
}

/** The bits of one float32. */
const bits = new Uint8Array(4);
const float = new Float32Array(bits.buffer);

/** Adds one float32, or packed ones, to a list. Trees have thousands of fields with one. */
export function floats(
  bytes: Uint8Array,
  { start, end }: WireField,
  into: (number | bigint)[] = [],
): number[] {
  for (let at = start; at + 4 <= end; at += 4) {
    for (let i = 0; i < 4; i += 1) bits[i] = bytes[at + i] ?? 0;
    into.push(float[0] ?? 0);
  }
  return into as number[];
}
