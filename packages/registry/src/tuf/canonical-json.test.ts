import { seededRandom } from '@perigee/profile/analysis';
import { canonicalize } from '@tufjs/canonical-json';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

const text = (value: unknown): string => new TextDecoder().decode(canonicalJson(value));

test.each([
  [{ b: 2, a: 1, '': 0 }, '{"":0,"a":1,"b":2}'],
  [[1, -1, 0, 9_007_199_254_740_991], '[1,-1,0,9007199254740991]'],
  [{ a: [true, false, null] }, '{"a":[true,false,null]}'],
  ['"\\', '"\\"\\\\"'],
  ['a\nb\tc\u0000', '"a\nb\tc\u0000"'],
  ['\u00e9\u4e2d\u{1f600}', '"é中😀"'],
  [{ a2: 1, a10: 2, A: 3 }, '{"A":3,"a10":2,"a2":1}'],
  [{}, '{}'],
  [[], '[]'],
  [-0, '0'],
])('%j', (value, expected) => {
  expect(text(value)).toBe(expected);
});

test('keys sort by code point, as in Python and Go, not by UTF-16 unit', () => {
  expect(text({ '\u{10000}': 1, '\uffff': 2, 'a\u{10001}': 3, 'a\u{10000}': 4, a: 5 })).toBe(
    '{"a":5,"a\u{10000}":4,"a\u{10001}":3,"\uffff":2,"\u{10000}":1}',
  );
});

test.each([
  [1.5],
  [2 ** 53],
  [1e21],
  [Number.NaN],
  [undefined],
  [{ a: undefined }],
  ['\ud800'],
  [{ '\udc00': 1 }],
])('%s has none', (value) => {
  expect(() => canonicalJson(value, 'root metadata')).toThrow(
    expect.objectContaining({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('root metadata has no canonical JSON') as string,
    }),
  );
});

test('it is what @tufjs/canonical-json writes', () => {
  const random = seededRandom(7);
  const next = (below: number): number => Math.floor(random() * below);
  const word = (): string =>
    Array.from({ length: next(6) }, () => String.fromCharCode(next(0xd7ff))).join('') +
    '"\\'.slice(0, next(3));
  const value = (depth: number): unknown => {
    const kind = next(depth > 3 ? 4 : 6);
    if (kind === 4) return Array.from({ length: next(5) }, () => value(depth + 1));
    if (kind === 5)
      return Object.fromEntries(Array.from({ length: next(5) }, () => [word(), value(depth + 1)]));
    return [word(), next(1e9) - 5e8, next(2) === 1, null][kind];
  };
  for (let run = 0; run < 500; run += 1) {
    const random = value(0);
    expect(text(random)).toBe(canonicalize(random));
  }
});
