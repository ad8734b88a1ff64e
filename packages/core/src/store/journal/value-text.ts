/**
 * The property name for values that JSON cannot express. No stored value has a property of this
 * name.
 */
const FORM = '\u0000';

/**
 * Encodes a value as UTF-8 JSON, with byte arrays as base64. The binary formats of Node, Deno and
 * Bun differ and may change; every version of each reads this one.
 */
export function encodeValue(value: unknown): Uint8Array {
  return Buffer.from(
    JSON.stringify(value, function replace(this: Record<string, unknown>, key, _shown): unknown {
      // Read the value before `toJSON` is applied, which a Buffer has.
      const raw = this[key];
      if (raw instanceof Uint8Array) return { [FORM]: 'bytes', of: base64(raw) };
      if (raw === undefined || (typeof raw === 'number' && !Number.isFinite(raw)))
        return { [FORM]: String(raw) };
      if (Object.is(raw, -0)) return { [FORM]: '-0' };
      if (typeof raw === 'object' && raw !== null && !isPlain(raw))
        throw new TypeError(`a ${raw.constructor.name} has no stored form`);
      return raw;
    }),
  );
}

export function decodeValue(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const value: unknown = JSON.parse(text);
  return text.includes(JSON.stringify(FORM).slice(1, -1)) ? restore(value) : value;
}

/** Restores undefined and byte arrays. A reviver of JSON.parse cannot return undefined. */
function restore(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(restore);
  const record = value as Record<string, unknown>;
  const form = record[FORM];
  if (form === 'bytes') return new Uint8Array(Buffer.from(record['of'] as string, 'base64'));
  if (typeof form === 'string') return form === 'undefined' ? undefined : Number(form);
  return Object.fromEntries(Object.entries(record).map(([name, part]) => [name, restore(part)]));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function isPlain(value: object): boolean {
  return (
    Array.isArray(value) ||
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
  );
}
