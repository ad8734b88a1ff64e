import type { Chunk, DeltaIndex, Manifest, Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { compareReleases } from './compare-releases.ts';

const digest = (letter: string): Sha256 => letter.repeat(64) as Sha256;
const chunk = (letter: string, wireBytes: number): Chunk => ({
  sha256: digest(letter),
  sizeBytes: wireBytes,
  encoding: 'identity',
  wireBytes,
});

function release(
  version: string,
  chunks: readonly Chunk[],
  more: Partial<Manifest> = {},
): Manifest {
  return {
    schema: 'perigee-model/1',
    name: 'churn',
    version,
    signature: {
      inputs: [{ name: 'features', dtype: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 2] }],
    },
    pipeline: {
      preprocess: [
        { op: 'tabular', features: ['a', 'b'] },
        { op: 'rescale', factor: 2 },
      ],
      postprocess: [{ op: 'top-k', k: 2 }],
    },
    labels: ['stays', 'leaves'],
    variants: [
      { id: 'fp32', engine: 'onnx', dtype: 'float32', entry: 'model.onnx', files: [], chunks },
    ],
    golden: {
      sha256: digest('e'),
      sizeBytes: 50,
      tolerance: { default: { atol: 0.001, rtol: 0 } },
    },
    governance: { owner: 'Ada', metrics: [{ name: 'f1', value: 0.5, dataset: 'rows' }] },
    ...more,
  };
}

const before = release('1.0.0', [chunk('a', 100), chunk('b', 1_000)]);

test('a device fetches no chunk it has, a repeated one once, and the shortest delta it can apply', () => {
  // c has a delta from b. d is downloaded whole, because its delta is no shorter. The base of the
  // last delta is not here.
  const after = release('1.1.0', [
    chunk('a', 100),
    chunk('c', 1_000),
    chunk('c', 1_000),
    chunk('d', 200),
  ]);
  const deltas: DeltaIndex = new Map([
    [
      digest('c'),
      new Map([
        [digest('b'), 30],
        [digest('a'), 40],
        [digest('9'), 1],
      ]),
    ],
    [digest('d'), new Map([[digest('a'), 250]])],
  ]);
  expect(compareReleases(before, after, deltas).variants).toEqual([
    { variant: 'fp32', wholeBytes: 1_350, fetchBytes: 230, newObjects: 2, byDelta: 1 },
  ]);
  expect(compareReleases(before, after, null).variants).toEqual([
    { variant: 'fp32', wholeBytes: 1_350, fetchBytes: 1_200, newObjects: 2, byDelta: 0 },
  ]);
});

test('other golden samples are fetched too, and of a variant that was not there everything but those', () => {
  const golden = {
    sha256: digest('f'),
    sizeBytes: 60,
    tolerance: { default: { atol: 0.001, rtol: 0 } },
  };
  expect(
    compareReleases(before, release('1.1.0', before.variants[0]!.chunks, { golden }), null),
  ).toEqual({
    variants: [{ variant: 'fp32', wholeBytes: 1_160, fetchBytes: 60, newObjects: 1, byDelta: 0 }],
    changes: ['the golden samples differ'],
  });
  const variants = [{ ...before.variants[0]!, id: 'fp16' }];
  expect(compareReleases(before, release('1.1.0', [], { variants }), null)).toEqual({
    variants: [
      { variant: 'fp16', wholeBytes: 1_150, fetchBytes: 1_100, newObjects: 2, byDelta: 0 },
    ],
    changes: ['the variant fp32 is gone', 'the variant fp16 is new'],
  });
});

test.each<[string, Partial<Manifest>, string[]]>([
  ['nothing', {}, []],
  [
    'an input',
    {
      signature: {
        inputs: [{ name: 'features', dtype: 'float32', shape: [null, 3] }],
        outputs: before.signature.outputs,
      },
    },
    [
      'input "features": float32 [batch, 2] → float32 [?, 3]',
      expect.stringContaining('the major version stays 1') as string,
    ],
  ],
  [
    'outputs',
    {
      signature: {
        inputs: before.signature.inputs,
        outputs: [{ name: 'scores', dtype: 'float16', shape: [] }],
      },
    },
    [
      'output "logits" is gone, it was float32 [batch, 2]',
      'output "scores" is new: float16 []',
      expect.stringContaining('may not work') as string,
    ],
  ],
  [
    'another major version with another input',
    {
      version: '2.0.0',
      signature: {
        inputs: [{ name: 'features', dtype: 'float16', shape: ['batch', 2] }],
        outputs: before.signature.outputs,
      },
    },
    ['input "features": float32 [batch, 2] → float16 [batch, 2]'],
  ],
  [
    'a number of the pipeline',
    {
      pipeline: {
        ...before.pipeline!,
        preprocess: [
          { op: 'tabular', features: ['b', 'a'] },
          { op: 'rescale', factor: 2, offset: 1 },
        ],
      },
    },
    [
      'the pipeline differs, preprocess step 1 (tabular): features',
      'the pipeline differs, preprocess step 2 (rescale): offset not given → 1',
    ],
  ],
  [
    'steps of the pipeline',
    { pipeline: { ...before.pipeline!, postprocess: [{ op: 'softmax' }, { op: 'top-k', k: 2 }] } },
    ['the pipeline differs, postprocess: top-k → softmax, top-k'],
  ],
  [
    'labels',
    { labels: ['stays', 'goes'] },
    ['the labels "leaves" are gone', 'the labels "goes" are new'],
  ],
  ['the order of labels', { labels: ['leaves', 'stays'] }, ['the labels are in another order']],
  [
    'a tolerance',
    {
      golden: {
        ...before.golden!,
        tolerance: { default: { atol: 0.002, rtol: 0 }, webgpu: { atol: 0.1, rtol: 0 } },
      },
    },
    [
      'the golden tolerance of default: 0.001 + 0 × value → 0.002 + 0 × value',
      'the golden tolerance of webgpu is new: 0.1 + 0 × value',
    ],
  ],
  [
    'metrics',
    {
      governance: {
        owner: 'Ada',
        metrics: [
          { name: 'f1', value: 0.45, dataset: 'rows' },
          { name: 'f1', value: 0.4, dataset: 'rows', slice: 'FR' },
        ],
      },
    },
    ['f1 (rows): 0.5 → 0.45 (−0.05)', 'f1 (rows, FR) is new: 0.4'],
  ],
  [
    'what is said of it',
    {
      license: 'MIT',
      governance: {
        ...before.governance,
        owner: 'Grace',
        datasets: [{ name: 'rows', sha256: digest('a') }],
      },
    },
    [
      'the licence differs: none → MIT',
      'the dataset "rows" is new: aaaaaaaaaaaa…',
      'the owner differs: Ada → Grace',
    ],
  ],
])('of %s that changed is told in words', (_what, more, changes) => {
  expect(
    compareReleases(before, release('1.1.0', before.variants[0]!.chunks, more), null).changes,
  ).toEqual(changes);
});
