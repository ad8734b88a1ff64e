import { projections } from '@perigee/profile';
import type { Manifest, Pipeline } from '@perigee/registry';
import { expect, test } from 'vitest';
import type { WireInput } from '../rpc/protocol.ts';
import { compilePipeline } from './compile.ts';
import { observeImage } from './image/observe-image.ts';
import { createResize } from './image/resize.ts';
import { trim } from './image/trim.ts';
import { sigmoid, softmax } from './output/softmax.ts';
import { topK } from './output/top-k.ts';
import type { Pixels } from './pixels.ts';

const grey = (width: number, data: number[]): Pixels => ({
  width,
  height: data.length / width,
  channels: 1,
  data: Float32Array.from(data),
});

function manifestWith(pipeline: Pipeline, shape: (number | string)[], labels?: string[]): Manifest {
  return {
    schema: 'perigee-model/1',
    name: 'test',
    version: '1.0.0',
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 3] }],
    },
    pipeline,
    ...(labels && { labels }),
    variants: [],
  };
}

test('area resize is the mean of what a pixel covers, also over fractions', () => {
  // 3 → 2: each target covers one and a half sources. Values: numpy's coverage matrix.
  expect([...createResize(2, 1, 'area')(grey(3, [0, 3, 6])).data]).toEqual([1, 5]);
  expect([...createResize(2, 1, 'area')(grey(4, [0, 4, 8, 12, 0, 4, 8, 12])).data]).toEqual([
    2, 10,
  ]);
});

test('bilinear resize uses half-pixel centres and repeats its edges', () => {
  // Expected values: torch.nn.functional.interpolate(mode="bilinear", align_corners=False).
  expect([...createResize(4, 1, 'bilinear')(grey(2, [0, 4])).data]).toEqual([0, 1, 3, 4]);
  expect([...createResize(2, 1, 'bilinear')(grey(4, [0, 2, 4, 6])).data]).toEqual([1, 5]);
});

test('resizing keeps the mean of an image (area), for any sizes', () => {
  for (const [from, to] of [
    [280, 8],
    [17, 5],
    [9, 9],
    [31, 7],
  ] as const) {
    const image = grey(
      from,
      Array.from({ length: from * from }, (_, i) => (i * 7919) % 251),
    );
    const mean = (pixels: Pixels): number =>
      pixels.data.reduce((a, b) => a + b, 0) / pixels.data.length;
    expect(mean(createResize(to, to, 'area')(image))).toBeCloseTo(mean(image), 2);
  }
});

test('trim crops to the content and centres it in a padded square', () => {
  const image = grey(4, [0, 0, 0, 0, 0, 200, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(trim(image, 32, 0.5)).toMatchObject({ width: 4, height: 4 });
  expect([...trim(image, 32, 0.5).data]).toEqual([
    0, 0, 0, 0, 0, 200, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]);
  expect(trim(image, 32, 0)).toMatchObject({ width: 2, height: 2 });
  expect([...trim(image, 32, 0).data]).toEqual([200, 200, 0, 0]);
});

test('trim leaves an image without content as it is, and finds content at the border', () => {
  const empty = grey(3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(trim(empty, 32, 0.1)).toBe(empty);
  expect(trim(grey(3, [99, 0, 0, 0, 0, 0, 0, 0, 99]), 32, 0)).toMatchObject({
    width: 3,
    height: 3,
  });
});

test('the watched scalars of an image', () => {
  // numpy: mean, std, mean |difference| of the 4 pairs, centre of mass.
  const [brightness, contrast, edges, centerX, centerY] = observeImage(grey(2, [0, 1, 0, 1]));
  expect([brightness, contrast, edges, centerX, centerY]).toEqual([0.5, 0.5, 0.5, 0.75, 0.5]);
  expect(observeImage(grey(2, [0, 0, 0, 0]))).toEqual([0, 0, 0, 0.5, 0.5]);
});

test('softmax is stable and sums to one; sigmoid has its ends', () => {
  expect([...softmax([1_000, 1_000])]).toEqual([0.5, 0.5]);
  expect([...softmax([-1e30, 0])]).toEqual([0, 1]);
  expect(softmax([1, 2, 3]).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  expect([...sigmoid([-1_000, 0, 1_000])]).toEqual([0, 0.5, 1]);
});

test('top-k ranks by score, equal ones by index, and takes labels from the manifest', () => {
  expect(topK(Float32Array.from([0.25, 0.5, 0.25]), 2, ['a', 'b'])).toEqual({
    label: 'b',
    score: 0.5,
    labelIndex: 1,
    top: [
      { label: 'b', score: 0.5 },
      { label: 'a', score: 0.25 },
    ],
  });
  expect(topK(Float32Array.from([0, 1]), 1, [])).toMatchObject({ label: '1' });
});

test('an image goes through its whole pipeline; transparent shows white', async () => {
  const pipeline = compilePipeline(
    manifestWith(
      {
        preprocess: [
          { op: 'image' },
          { op: 'grayscale' },
          { op: 'invert' },
          { op: 'rescale', factor: 1 / 255 },
          { op: 'layout', to: 'NCHW' },
        ],
        postprocess: [],
      },
      ['batch', 1, 1, 3],
    ),
  );
  const input: WireInput = {
    kind: 'image',
    image: {
      kind: 'pixels',
      width: 3,
      height: 1,
      data: Uint8ClampedArray.from([0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
    },
  };
  const { feeds, features } = await pipeline.preprocess(input);
  expect(feeds['x']).toMatchObject({ dtype: 'float32', shape: [1, 1, 1, 3] });
  expect(
    [...(feeds['x']!.data as Float32Array)].map((value) => Math.round(value * 1e5) / 1e5 + 0),
  ).toEqual([1, 0, 0]);
  expect(features).toHaveLength(5);
});

const tabular = () =>
  compilePipeline(
    manifestWith(
      {
        preprocess: [
          { op: 'tabular', features: ['age', 'income'] },
          { op: 'standardize', mean: [10, 100], std: [2, 50] },
        ],
        postprocess: [{ op: 'softmax' }, { op: 'top-k', k: 2 }],
      },
      ['batch', 2],
      ['a', 'b', 'c'],
    ),
  );

test('a record is read by name; what is watched is the value before scaling', async () => {
  const { feeds, features } = await tabular().preprocess({
    kind: 'record',
    values: { income: 200, age: 12 },
  });
  expect([...(feeds['x']!.data as Float32Array)]).toEqual([1, 2]);
  expect(features).toEqual([12, 200]);
});

test.each([
  [
    { age: 1, incomes: 2 },
    'unknown feature "incomes" (did you mean "income"?). The model takes: age, income.',
  ],
  [{ age: 1 }, 'missing feature income. The model needs all 2'],
  [{ age: '7', income: 1 }, 'feature "age": expected a number, got string "7".'],
])('a record like %j is refused with its fault', async (values, message) => {
  await expect(tabular().preprocess({ kind: 'record', values })).rejects.toThrow(message);
});

test('projections of vectors without names are watched, and the model gets the vector', async () => {
  const features = Array.from({ length: 4 }, (_, i) => `e${i}`);
  const { preprocess } = compilePipeline(
    manifestWith(
      {
        preprocess: [
          { op: 'tabular', features },
          { op: 'project', count: 3, seed: 7 },
        ],
        postprocess: [],
      },
      ['batch', 4],
    ),
  );
  const { feeds, features: watched } = await preprocess({
    kind: 'array',
    data: Float32Array.from([1, 2, 3, 4]),
  });
  expect([...(feeds['x']!.data as Float32Array)]).toEqual([1, 2, 3, 4]);
  expect(watched).toEqual(projections([1, 2, 3, 4], 3, 7));
});

test('missing values are imputed as the pipeline says, and counted as missing', async () => {
  const pipeline = compilePipeline(
    manifestWith(
      {
        preprocess: [
          { op: 'tabular', features: ['age', 'income'] },
          { op: 'impute', values: [30, 40] },
        ],
        postprocess: [],
      },
      ['batch', 2],
    ),
  );
  const { feeds, features } = await pipeline.preprocess({ kind: 'list', values: [null, 5] });
  expect([...(feeds['x']!.data as Float32Array)]).toEqual([30, 5]);
  expect(features).toEqual([null, 5]);
});

test('postprocessing answers label, score and what is counted', () => {
  const { output, observed } = tabular().postprocess({
    y: { dtype: 'float32', shape: [1, 3], data: Float32Array.from([0, 10, 0]) },
  });
  expect(output).toMatchObject({ label: 'b', top: [{ label: 'b' }, { label: 'a' }] });
  expect(observed).toMatchObject({ labelIndex: 1 });
});

test.each([
  [[{ op: 'tabular', features: ['a'] }], 'names 1 features, but input "x" takes 2'],
  [
    [
      { op: 'tabular', features: ['a', 'b'] },
      { op: 'standardize', mean: [1], std: [1] },
    ],
    'its lists must have 2 numbers',
  ],
  [
    [{ op: 'tabular', features: ['a', 'b'] }, { op: 'grayscale' }],
    'does not work on a row of numbers',
  ],
  [[{ op: 'image' }, { op: 'standardize', mean: [1], std: [1] }], 'does not work on images'],
  [
    [{ op: 'image' }, { op: 'layout', to: 'NCHW' }, { op: 'invert' }],
    '"layout" must be the last step',
  ],
] as const)(
  'a pipeline that does not fit is refused when it is compiled',
  (preprocess, message) => {
    expect(() =>
      compilePipeline(manifestWith({ preprocess, postprocess: [] }, ['batch', 2])),
    ).toThrow(message);
  },
);
