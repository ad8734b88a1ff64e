import { expect, test } from 'vitest';
import { parseJson, RegistryError } from '../index.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ['__proto__', '{"__proto__": {"polluted": 1}}', 'key "__proto__" is not allowed'],
  ['an escaped __proto__', '{"\\u005f_proto__": 1}', 'key "__proto__" is not allowed'],
  [
    'constructor.prototype',
    '{"constructor": {"prototype": {"polluted": 1}}}',
    'key "constructor" is not allowed',
  ],
  [
    'a forbidden key deep inside',
    '{"a": [{"b": {"prototype": 1}}]}',
    'key "prototype" is not allowed',
  ],
  ['a key twice', '{"a": 1, "b": {"a": 2}, "a": 3}', 'stands twice'],
  ['a key twice, once escaped', '{"a": 1, "\\u0061": 2}', 'stands twice'],
  ['a key twice, with white space before its colon', '{"a" \t\r\n : 1, "a"\n: 2}', 'stands twice'],
  ['lists without end', '['.repeat(100_000), 'nested deeper'],
  ['objects without end', '{"a":'.repeat(100_000), 'nested deeper'],
  ['depth 33', `${'['.repeat(33)}${']'.repeat(33)}`, 'nested deeper than 32'],
  ['broken JSON', '{"a": ', 'is not JSON'],
  ['an unfinished string', '{"a', 'is not JSON'],
  ['a string that ends in its escape', '{"a\\', 'is not JSON'],
  ['nothing', '', 'is not JSON'],
  ['more than one document', '{} {}', 'is not JSON'],
  ['a comment', '{} // none', 'is not JSON'],
  ['NaN', '[NaN]', 'is not JSON'],
])('hostile JSON is refused: %s', (_what, text, message) => {
  expect(() => parseJson(encode(text), 'document')).toThrow(RegistryError);
  expect(() => parseJson(encode(text), 'document')).toThrow(message);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('what only looks like a fault inside a text is let through', () => {
  const value = {
    'a{[': '"__proto__": 1, \\"a{[\\": [[[[',
    b: ['constructor', '__proto__'],
    c: '}'.repeat(50),
  };
  expect(parseJson(encode(JSON.stringify(value)), 'document')).toEqual(value);
  expect(parseJson(encode(`${'['.repeat(32)}${']'.repeat(32)}`), 'document')).toHaveLength(1);
});

test('bytes that are not UTF-8, documents over their limit and documents of too many values are refused', () => {
  expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]), 'document')).toThrow('not UTF-8');
  expect(() => parseJson(new Uint8Array(100), 'document', 10)).toThrow('at most 10');
  expect(() => parseJson(encode(`[${'0,'.repeat(2_000_001)}0]`), 'document', 1e8)).toThrow(
    'more than 2000000 values',
  );
});
