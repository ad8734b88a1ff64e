import { expect, test } from 'vitest';
import { parseGolden } from '../index.ts';

const golden = (dtype: string, shape: number[], data: unknown): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      schema: 'perigee-golden/1',
      samples: [{ id: 'a', feeds: { x: { dtype, shape, data } }, outputs: {} }],
    }),
  );

test.each([
  ['float32', [1, 2], [1, -2.5]],
  ['float32', [3], ['NaN', 'Infinity', '-Infinity']],
  ['float32', [], [7]],
  ['float32', [0, 4], []],
  ['int64', [3], ['9223372036854775807', '-9223372036854775808', 5]],
  ['uint64', [1], ['18446744073709551615']],
  ['int8', [2], [-128, 127]],
  ['bool', [2], [true, 0]],
  ['string', [2], ['', 'text']],
])('%s of shape %j is read', (dtype, shape, data) => {
  expect(parseGolden(golden(dtype, shape, data)).samples[0]?.feeds['x']).toEqual({
    dtype,
    shape,
    data,
  });
});

test.each([
  [
    'too few values',
    'float32',
    [1, 2],
    [1],
    'samples[0].feeds.x.data: expected 2 values for shape [1, 2]',
  ],
  [
    'a shape of astronomic size',
    'float32',
    [4e6, 4e6, 4e6],
    [1],
    'expected 64000000000000000000 values',
  ],
  ['a size that is none', 'float32', [-1], [], 'samples[0].feeds.x.shape[0]'],
  [
    'text among numbers',
    'float32',
    [2],
    [1, 'two'],
    'samples[0].feeds.x.data[1]: expected a number',
  ],
  ['null, which is what JSON makes of NaN', 'float32', [1], [null], 'samples[0].feeds.x.data[0]'],
  [
    'a fraction among integers',
    'int32',
    [1],
    [1.5],
    'expected a whole number from -2147483648 to 2147483647 for int32, got 1.5',
  ],
  [
    'a number over its dtype',
    'uint8',
    [1],
    [256],
    'expected a whole number from 0 to 255 for uint8',
  ],
  ['an int64 that JSON has rounded', 'int64', [1], [2 ** 60], 'as text beyond 2^53'],
  ['an int64 over its range', 'int64', [1], ['9223372036854775808'], 'samples[0].feeds.x.data[0]'],
  ['an int64 that is no number', 'int64', [1], ['0x10'], 'samples[0].feeds.x.data[0]'],
  ['a bool that is none', 'bool', [1], ['true'], 'expected true or false for bool'],
  [
    'data that is no list',
    'float32',
    [1],
    { length: 1 },
    'samples[0].feeds.x.data: expected a list',
  ],
  ['a dtype nobody knows', 'bfloat16', [1], [1], 'samples[0].feeds.x.dtype'],
])('a golden sample with %s is refused with its path', (_what, dtype, shape, data, message) => {
  expect(() => parseGolden(golden(dtype, shape, data))).toThrow(message);
});
