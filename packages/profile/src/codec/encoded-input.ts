import type { EncodedInput } from '../parts/part.ts';

/** Decodes UTF-8 text at [start, end). */
export type TextOf = (bytes: Uint8Array, start: number, end: number) => string;

/** Reads the output of a Writer without checks, from `start` on. */
export interface Cursor extends EncodedInput {
  position(): number;
}

export function createCursor(bytes: Uint8Array, start: number, textOf: TextOf): Cursor {
  let at = start;
  const varint = (): number => {
    let byte = bytes[at++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte - 0x80;
    for (let scale = 0x80; ; scale *= 0x80) {
      byte = bytes[at++] ?? 0;
      if (byte < 0x80) return value + byte * scale;
      value += (byte - 0x80) * scale;
    }
  };
  return {
    varint,
    text() {
      const end = varint() + at;
      const start = at;
      at = end;
      return textOf(bytes, start, end);
    },
    position: () => at,
  };
}
