import { expect, test } from 'vitest';
import { modelFiles, node, placeholder, weight, weightsOf } from './graph.fixture.ts';
import { load } from './load.fixture.ts';

const quantized = (quantization: Readonly<Record<string, unknown>>, shard: ArrayBufferView) =>
  modelFiles(
    {
      modelTopology: {
        node: [placeholder('x', [-1, 2]), weight('w'), node('y', 'Mul', ['x', 'w'])],
      },
      trainingConfig: { loss: 'none' },
      weightsManifest: [
        {
          paths: ['a.bin'],
          weights: [
            {
              name: 'w',
              shape: [2],
              dtype: 'float32',
              quantization: { original_dtype: 'float32', ...quantization },
            },
          ],
        },
      ],
    },
    new Uint8Array(shard.buffer as ArrayBuffer),
    'a.bin',
  );

test.each<[string, Map<string, Uint8Array>]>([
  ['uint8', quantized({ dtype: 'uint8', min: -1, scale: 0.5 }, Uint8Array.of(2, 8))],
  ['uint16', quantized({ dtype: 'uint16', min: -1, scale: 0.5 }, Uint16Array.of(2, 8))],
  ['float16', quantized({ dtype: 'float16' }, Uint16Array.of(0x0000, 0x4200))],
])('weights stored as %s are read, in a file without a format', async (_dtype, files) => {
  const model = await load(files);
  expect(
    (await model.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } }))['y']
      ?.data,
  ).toEqual(Float32Array.of(0, 6));
});

test('weights in two groups of several files are read in order', async () => {
  const { bytes } = weightsOf({
    a: { shape: [2], values: [1, 2] },
    b: { shape: [2], values: [30, 40] },
  });
  const json = {
    modelTopology: {
      node: [
        placeholder('x', [-1, 2]),
        weight('a'),
        weight('b'),
        node('p', 'Mul', ['x', 'a']),
        node('y', 'AddV2', ['p', 'b']),
      ],
    },
    weightsManifest: [
      { paths: ['g1#1.bin', 'g 1?2.bin'], weights: [{ name: 'a', shape: [2], dtype: 'float32' }] },
      { paths: ['sub/50%.bin'], weights: [{ name: 'b', shape: [2], dtype: 'float32' }] },
    ],
  };
  const files = modelFiles(json, bytes.slice(0, 3), 'g1#1.bin')
    .set('g 1?2.bin', bytes.slice(3, 8))
    .set('sub/50%.bin', bytes.slice(8));
  const model = await load(files);
  expect(
    (await model.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 1) } }))['y']
      ?.data,
  ).toEqual(Float32Array.of(31, 42));
});
