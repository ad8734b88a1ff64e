import { RegistryError } from '../error.ts';
import { LIMITS } from './limits.ts';

/**
 * Parses untrusted JSON, bounded in bytes, depth and number of values. It refuses `__proto__`,
 * `constructor` and `prototype` as keys, because no legitimate document uses them. It also refuses
 * duplicate keys, which two parsers may interpret differently.
 * @param what names the document in errors, e.g. `manifest of digits@1.0.0`
 * @param maxBytes 4 MiB by default
 * @throws RegistryError INVALID_MANIFEST
 * @example
 * ```ts
 * const value = parseJson(bytes, 'delta index');
 * ```
 */
export function parseJson(
  bytes: Uint8Array,
  what: string,
  maxBytes: number = LIMITS.manifestBytes,
): unknown {
  if (bytes.byteLength > maxBytes)
    throw invalid(what, `it has ${bytes.byteLength} bytes; at most ${maxBytes} are allowed`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(what, 'it is not UTF-8 text', cause);
  }
  // Scan before JSON.parse, which would merge duplicate keys and may exhaust the stack.
  scan(text, what);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid(
      what,
      `it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
}

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Follows the nesting in one pass and collects the keys of each object. JSON.parse checks the
 * syntax.
 */
function scan(text: string, what: string): void {
  const open: (Set<string> | null)[] = [];
  let nodes = 0;
  let i = 0;
  while (i < text.length) {
    const character = text[i];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      if (open.length > LIMITS.jsonDepth)
        throw invalid(what, `it is nested deeper than ${LIMITS.jsonDepth} levels`);
      nodes += 1;
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',') {
      nodes += 1;
    } else if (character === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (keys && isKey(text, end + 1)) checkKey(text.slice(i, end + 1), keys, what);
      i = end;
    }
    if (nodes > LIMITS.jsonNodes)
      throw invalid(what, `it has more than ${LIMITS.jsonNodes} values`);
    i += 1;
  }
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

function isKey(text: string, from: number): boolean {
  let i = from;
  while (i < text.length && ' \t\r\n'.includes(text[i] ?? '')) i += 1;
  return text[i] === ':';
}

function checkKey(quoted: string, keys: Set<string>, what: string): void {
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch (cause) {
    throw invalid(what, `a key is not a JSON string: ${quoted.slice(0, 40)}`, cause);
  }
  if (FORBIDDEN.has(key)) throw invalid(what, `the key "${key}" is not allowed`);
  if (keys.has(key))
    throw invalid(what, `the key "${key.slice(0, 40)}" stands twice in one object`);
  keys.add(key);
}

function invalid(what: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('INVALID_MANIFEST', `The ${what} cannot be read: ${why}.`, { cause });
}
