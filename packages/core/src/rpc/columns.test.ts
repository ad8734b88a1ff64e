import { expect, test } from 'vitest';
import { LARGE_BYTES } from './buffer-pool.ts';
import { fromColumns, toColumns } from './columns.ts';

/** Returns the values as they arrive in a message. */
function sent<T>(values: readonly T[]): T[] {
  return fromColumns(structuredClone(toColumns(values)), values.length);
}

test.each<[string, readonly unknown[]]>([
  ['one', [{ id: 1, input: Float32Array.of(1, 2) }]],
  [
    'alike',
    [1, 2, 3].map((id) => ({ id, input: { kind: 'array', data: Float32Array.of(id, -id) } })),
  ],
  [
    'arrays of different lengths',
    [1, 2].map((length) => ({ data: new Float32Array(length).fill(7) })),
  ],
  ['arrays of different classes', [{ data: Float32Array.of(1) }, { data: Int32Array.of(1) }]],
  [
    'big integers, bytes and empty arrays',
    [0, 1].map((i) => ({
      a: BigInt64Array.of(BigInt(i)),
      b: Uint8ClampedArray.of(i, 255),
      c: new Float64Array(0),
    })),
  ],
  [
    'zeros of both signs, no number, nothing',
    [
      { a: 0, b: Number.NaN, c: undefined },
      { a: -0, b: Number.NaN, c: undefined },
      { a: -0, b: 1, c: null },
    ],
  ],
  ['other keys', [{ a: 1, b: 2 }, { 'a,b': 1 }, { b: 2, a: 1 }, {}]],
  ['lists and objects with their keys', [[5, 6], { 0: 5, 1: 6 }, [5]]],
  [
    'objects that are not plain',
    [{ at: new Date(1) }, { at: new Date(2) }, { at: new Map([[1, 2]]) }],
  ],
  ['an empty object where another has nothing', [{ x: {} }, { x: null }, { x: undefined }]],
  ['an array where another has none', [{ x: Float32Array.of(1) }, { x: 1 }, { x: null }]],
])('what was put side by side comes back: %s', (_, values) => {
  expect(sent(values)).toStrictEqual(values);
});

test('every value owns its arrays', () => {
  const [first, second] = sent([1, 2].map((value) => ({ data: Float32Array.of(value, value) })));
  expect(first!.data.buffer.byteLength).toBe(8);
  first!.data.fill(9);
  expect(second!.data).toEqual(Float32Array.of(2, 2));
});

test('large arrays are not joined, so that they can be transferred', () => {
  const values = [1, 2].map(() => ({ data: new Uint8Array(LARGE_BYTES) }));
  const columns = toColumns(values) as { fields: { data: { each: Uint8Array[] } } };
  expect(columns.fields.data.each[1]).toBe(values[1]!.data);
});
