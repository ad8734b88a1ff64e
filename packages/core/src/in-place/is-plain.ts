import type { WireCall } from '../rpc/protocol.ts';
import { classOf } from '../typed-array.ts';

/** Larger inputs are for workers: reading that many values takes up to a millisecond. */
const MAX_VALUES = 16_384;
/** Deeper than any valid input. */
const MAX_DEPTH = 6;

/**
 * Whether an input is small, and only plain values, lists, objects and arrays. Such an input is
 * the same after a message to a worker. Others take that way: then each of them has the same result
 * or error in both threads.
 */
export function isPlain(input: WireCall['input']): boolean {
  return remaining(input, MAX_VALUES, 0) >= 0;
}

/** The values that may still come after these; negative for too many, or one that is not plain. */
function remaining(value: unknown, most: number, depth: number): number {
  if (typeof value === 'function' || typeof value === 'symbol') return -1;
  if (typeof value === 'string') return most - 1 - value.length / 8;
  if (typeof value !== 'object' || value === null) return most - 1;
  if (depth > MAX_DEPTH) return -1;
  // A detached array has no length, and cannot be sent.
  if (ArrayBuffer.isView(value))
    return classOf(value) && value.byteLength > 0 ? most - value.byteLength / 4 : -1;
  const isList = Array.isArray(value);
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return -1;
  let left = most - 1;
  for (const item of isList ? (value as unknown[]) : Object.values(value)) {
    left = remaining(item, left, depth + 1);
    if (left < 0) return left;
  }
  return left;
}
