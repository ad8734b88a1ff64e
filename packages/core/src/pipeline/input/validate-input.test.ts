import type { GoldenSamples, Signature } from '@perigee/registry';
import { expect, test } from 'vitest';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';
import { fromValues, toNumbers } from '../../dtypes.ts';
import { runGolden } from '../../inference/golden.ts';
import { checkFeeds, feedsFromInput } from './validate-input.ts';

const signature: Signature = {
  inputs: [
    { name: 'image', dtype: 'float32', shape: ['batch', 1, 28, 28] },
    { name: 'ids', dtype: 'int64', shape: ['batch', null] },
  ],
  outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 3] }],
};
const single: Signature = { inputs: [signature.inputs[0]!], outputs: signature.outputs };
const image = (shape: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

test('feeds that fit pass as they are', () => {
  const feeds = {
    image: image([2, 1, 28, 28]),
    ids: { dtype: 'int64', shape: [2, 0], data: new BigInt64Array() },
  } as const;
  expect(checkFeeds(feeds, signature)).toBe(feeds);
});

test.each([
  [
    { image: image([1, 784]) },
    'input "image": expected float32 [batch, 1, 28, 28], got float32 [1, 784]. It needs 4 ' +
      'dimensions.',
  ],
  [{ image: image([1, 1, 28, 27]) }, 'got float32 [1, 1, 28, 27]. Dimension 3 must be 28.'],
  [
    { image: { dtype: 'float64', shape: [1, 1, 28, 28], data: new Float64Array(784) } },
    'got float64 [1, 1, 28, 28]. Convert the values to float32.',
  ],
  [
    { image: { dtype: 'float32', shape: [1, 1, 28, 28], data: new Float64Array(784) } },
    'got Float64Array. float32 travels in a Float32Array.',
  ],
  [
    { image: { dtype: 'float32', shape: [1, 1, 28, 28], data: new Float32Array(3) } },
    'with 3 values. That shape has 784 values.',
  ],
  [
    { imag: image([1, 1, 28, 28]) },
    'missing input "image"; unknown input "imag". The model takes: image: float32 [batch, 1, ' +
      '28, 28].',
  ],
  [{ image: null }, 'got null. Pass { dtype, shape, data }.'],
])('feeds that do not fit are refused in a sentence: %#', (feeds, message) => {
  const check = (): unknown => checkFeeds(feeds as never, single);
  expect(check).toThrow(PerigeeError);
  expect(check).toThrow(message);
});

test('free dimensions of one name must agree over the inputs', () => {
  expect(() =>
    checkFeeds(
      {
        image: image([2, 1, 28, 28]),
        ids: { dtype: 'int64', shape: [3, 1], data: new BigInt64Array(3) },
      },
      signature,
    ),
  ).toThrow('"batch" is 2 in input "image" and 3 here; they must be equal.');
});

test('a typed array takes its shape from the signature, the free dimension from its length', () => {
  expect(
    feedsFromInput({ kind: 'array', data: new Float32Array(784 * 3) }, single)['image']?.shape,
  ).toEqual([3, 1, 28, 28]);
  expect(() => feedsFromInput({ kind: 'array', data: new Float32Array(785) }, single)).toThrow(
    'got Float32Array of 785 values. 784 or a multiple values make that shape.',
  );
  expect(() => feedsFromInput({ kind: 'array', data: new Float32Array(784) }, signature)).toThrow(
    'The model has 2 inputs; pass them by name',
  );
});

test('numbers and lists become the dtype of their input', () => {
  const feeds = feedsFromInput(
    { kind: 'record', values: { image: new Float32Array(784), ids: [[1, 2, 3]] } },
    signature,
  );
  expect(feeds['ids']).toEqual({
    dtype: 'int64',
    shape: [1, 3],
    data: new BigInt64Array([1n, 2n, 3n]),
  });
});

test('an image for a model without pipeline says what it takes instead', () => {
  expect(() =>
    feedsFromInput(
      { kind: 'image', image: { kind: 'pixels', width: 1, height: 1, data: new Uint8Array(4) } },
      single,
    ),
  ).toThrow(/no pipeline .* image: float32 \[batch, 1, 28, 28\]/);
});

test('half precision round-trips what it can hold', () => {
  // IEEE 754: 0x3c00 = 1, 0xc000 = −2, 0x7bff = 65504, 0x0001 = 2^-24, 0x7c00 = ∞.
  expect([
    ...(fromValues('float16', [1, -2, 65504, 2 ** -24, Infinity, 0.1]) as Uint16Array),
  ]).toEqual([0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x2e66]);
  expect(toNumbers('float16', Uint16Array.from([0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00]))).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    Infinity,
  ]);
});

const golden = (expected: number[]): GoldenSamples => ({
  schema: 'perigee-golden/1',
  samples: [
    { id: 'a', feeds: {}, outputs: { y: { dtype: 'float32', shape: [2], data: expected } } },
  ],
});
const answer = (data: number[]) => async () => ({
  y: { dtype: 'float32', shape: [data.length], data: Float32Array.from(data) } as const,
});

test.each([
  [[1, 2], [1, 2], true],
  [[1, 2], [1.00005, 2], true],
  [[1, 2], [1.1, 2], false],
  [[1, 2], [Number.NaN, 2], false],
  [[1, 2], [1], false],
])('golden samples: expected %j, got %j, passed %s', async (expected, got, passed) => {
  const result = await runGolden(golden(expected), answer(got), { atol: 1e-4, rtol: 0 });
  expect(result.passed).toBe(passed);
  expect(result.failure === undefined).toBe(passed);
});
