import type { Part } from './part.ts';

export const count: Part<number> = {
  empty: () => 0,
  write: (writer, value) => writer.varint(value),
  read: ({ reader, bounds }) => reader.varint(bounds.maxCount),
  copy: (value) => value,
  map: (value, change) => change(value),
  each: (value, visit) => visit(value),
  size: () => 1,
  addInto: (sum, value) => capped(sum + value),
  addEncoded: (sum, input) => capped(sum + input.varint()),
};

/** A sum of the feedback on numbers, which may be larger than any count. */
export const largeSum: Part<number> = {
  ...count,
  read: ({ reader, bounds }) => reader.varint(bounds.maxSum),
};

/**
 * Caps a sum at 2^53 − 1, above which it would not be exact. One absurd count must not make all
 * others unreadable.
 */
export function capped(sum: number): number {
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}
