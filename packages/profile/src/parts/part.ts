import type { ByteReader, Writer } from '../codec/bytes.ts';
import type { Bounds } from './bounds.ts';

/** Untrusted bytes of a profile. */
export interface Source {
  /** Format of the profile that is read. */
  readonly format: number;
  readonly reader: ByteReader;
  readonly bounds: Bounds;
}

/** Bytes from encodeProfile(), which need no checks. */
export interface EncodedInput {
  readonly varint: () => number;
  readonly text: () => string;
}

/**
 * How one part of a profile is written, read and added. Larger parts are made of smaller ones, so
 * that only layout.ts lists the fields of a profile.
 *
 * `Before`: the fields that are read before this part.
 */
export interface Part<T, Before = unknown> {
  /** The value of a profile without counts and without reference. */
  empty(): T;
  write(writer: Writer, value: T): void;
  /** @throws ProfileError WRONG_CONTENT */
  read(source: Source, before: Before): T;
  /** Returns a copy that shares no memory with `value`. */
  copy(value: T): T;
  /** Returns a copy with `change(count)` for each count. */
  map(value: T, change: (count: number) => number): T;
  /** Calls `visit` for each count. */
  each(value: T, visit: (count: number) => void): void;
  /** Number of counts in memory. */
  size(value: T): number;
  /**
   * Adds `value` to `sum`. Objects and arrays of `sum` are changed in place. Use the result instead
   * of `sum`.
   * @throws ProfileError INVALID_INPUT when the shapes differ
   */
  addInto(sum: T, value: T): T;
  /** Adds an encoded value to `sum`, like addInto(). */
  addEncoded(sum: T, input: EncodedInput): T;
}

/** One part for each field of T. */
export type PartsOf<T> = { readonly [K in keyof T]: Part<T[K], T> };
