import { RegistryError } from '../error.ts';

/**
 * OLPC canonical JSON (http://wiki.laptop.org/go/Canonical_JSON), the bytes that TUF signs: no
 * white space, keys sorted by code point, only `"` and `\` escaped, no floats. We do not use the
 * maintained library, @tufjs/canonical-json, because it is CommonJS, which a page without bundler
 * cannot load. The tests compare the two.
 * @param what names the document in errors
 * @throws RegistryError INVALID_MANIFEST for values without a single canonical form: fractions,
 * whole numbers beyond 2^53, broken UTF-16
 */
export function canonicalJson(value: unknown, what = 'the value'): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(encode(value, what));
}

function encode(value: unknown, what: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value, what);
  // JSON.parse has already rounded numbers beyond 2^53, so the bytes would differ from the signed
  // ones.
  if (Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => encode(item, what)).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).toSorted(([a], [b]) => byCodePoint(a, b));
    return `{${members.map(([key, item]) => `${quote(key, what)}:${encode(item, what)}`).join(',')}}`;
  }
  throw new RegistryError(
    'INVALID_MANIFEST',
    `${what} has no canonical JSON: expected text, whole numbers up to 2^53, true, false, ` +
      `null, lists and objects, got ${String(value)}.`,
  );
}

function quote(text: string, what: string): string {
  // A lone surrogate would be encoded as U+FFFD, and two different texts would have the same bytes.
  if (/\p{Surrogate}/u.test(text))
    throw new RegistryError(
      'INVALID_MANIFEST',
      `${what} has no canonical JSON: a text in it is not well-formed Unicode.`,
    );
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Sorts like Python and Go. Plain `<` compares UTF-16 units and puts U+10000 before U+E000. */
function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  // If the texts first differ in the second half of a surrogate pair, their first halves are equal,
  // and the second halves sort like the code points.
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}
