/** Protobuf messages as bytes: what `wire.ts` reads. Source: protobuf encoding specification. */

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** @param value a whole number from 0 to 2^53 − 1 */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

export function varintField(number: number, value: number): Uint8Array {
  return concat([varint(number * 8), varint(value)]);
}

/** What precedes the payload of a length-delimited field, for payloads that are not worth a copy. */
export function bytesHead(number: number, length: number): Uint8Array {
  return concat([varint(number * 8 + 2), varint(length)]);
}

export function bytesField(number: number, payload: Uint8Array): Uint8Array {
  return concat([bytesHead(number, payload.byteLength), payload]);
}

export function textField(number: number, text: string): Uint8Array {
  return bytesField(number, new TextEncoder().encode(text));
}

/** The tag of a field that is copied as it stands; its payload follows. */
export function fieldHead({ number, type, start, end }: { readonly number: number; readonly type: number; readonly start: number; readonly end: number }): Uint8Array {
  return type === 2 ? bytesHead(number, end - start) : varint(number * 8 + type);
}
