import { ProfileError } from '../error.ts';
import { MAX_TEXT_BYTES } from '../limits.ts';

/** Appends to a growing buffer. Integers are unsigned LEB128 ("varint"). */
export interface Writer {
  byte(value: number): void;
  /**
   * A whole number from 0 to 2^53 − 1.
   * @throws ProfileError INVALID_INPUT
   */
  varint(value: number): void;
  uint48(value: number): void;
  bytes(value: Uint8Array): void;
  /**
   * Length, then UTF-8.
   * @throws ProfileError INVALID_INPUT for more than MAX_TEXT_BYTES, which no reader accepts
   */
  text(value: string): void;
  finish(): Uint8Array<ArrayBuffer>;
}

export function createWriter(): Writer {
  let buffer = new Uint8Array(1_024);
  let length = 0;
  const room = (more: number): void => {
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more));
    larger.set(buffer);
    buffer = larger;
  };
  const writer: Writer = {
    byte(value) {
      room(1);
      buffer[length++] = value;
    },
    varint(value) {
      if (!Number.isSafeInteger(value) || value < 0)
        throw new ProfileError(
          'INVALID_INPUT',
          `A count must be a whole number from 0 to 2^53 − 1; got ${value}.`,
        );
      room(8);
      let rest = value;
      while (rest >= 0x80) {
        buffer[length++] = (rest % 0x80) | 0x80;
        rest = Math.floor(rest / 0x80);
      }
      buffer[length++] = rest;
    },
    uint48(value) {
      for (let i = 0; i < 6; i += 1) writer.byte(Math.floor(value / 256 ** i) % 256);
    },
    bytes(value) {
      room(value.length);
      buffer.set(value, length);
      length += value.length;
    },
    text(value) {
      const encoded = new TextEncoder().encode(value);
      if (encoded.length > MAX_TEXT_BYTES)
        throw new ProfileError(
          'INVALID_INPUT',
          `Text in a profile has at most ${MAX_TEXT_BYTES} bytes; got ${encoded.length}: ` +
            `${value.slice(0, 40)}.`,
        );
      writer.varint(encoded.length);
      writer.bytes(encoded);
    },
    finish: () => buffer.slice(0, length),
  };
  return writer;
}

/** Reads the output of a Writer from untrusted bytes. It checks every length before use. */
export interface ByteReader {
  byte(): number;
  varint(max?: number): number;
  uint48(): number;
  bytes(length: number): Uint8Array;
  text(): string;
  /** Checks that no bytes are left. Call it last. */
  end(): void;
}

export function createReader(bytes: Uint8Array, what: string): ByteReader {
  let at = 0;
  const broken = (why: string): ProfileError =>
    new ProfileError(
      'WRONG_CONTENT',
      `The ${what} is not readable: ${why} at byte ${at} of ${bytes.length}.`,
    );
  const reader: ByteReader = {
    byte() {
      const value = bytes[at];
      if (value === undefined) throw broken('it ends too early');
      at += 1;
      return value;
    },
    varint(max = Number.MAX_SAFE_INTEGER) {
      let value = 0;
      let scale = 1;
      for (let i = 0; i < 8; i += 1) {
        const byte = reader.byte();
        value += (byte % 0x80) * scale;
        if (byte < 0x80) {
          // Each number has one encoding, so that equal profiles have equal bytes.
          if (byte === 0 && i > 0) throw broken('a number written longer than it is');
          if (value > max) throw broken(`a number of ${value} where at most ${max} is possible`);
          return value;
        }
        scale *= 0x80;
      }
      throw broken('a number that does not end');
    },
    uint48() {
      let value = 0;
      for (let i = 0; i < 6; i += 1) value += reader.byte() * 256 ** i;
      return value;
    },
    bytes(length) {
      if (length > bytes.length - at)
        throw broken(`a length of ${length} where ${bytes.length - at} bytes are left`);
      at += length;
      return bytes.subarray(at - length, at);
    },
    text() {
      const raw = reader.bytes(reader.varint(MAX_TEXT_BYTES));
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(raw);
      } catch {
        throw broken('text that is not UTF-8');
      }
    },
    end() {
      if (at !== bytes.length) throw broken(`${bytes.length - at} bytes too many`);
    },
  };
  return reader;
}
