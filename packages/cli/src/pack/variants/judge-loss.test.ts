import type { GoldenSamples, Pipeline } from '@perigee/registry';
import type { Tensors } from 'perigee';
import { expect, test } from 'vitest';
import { judgeLoss, variantTolerances } from './judge-loss.ts';
import { labelOutputOf, measureLoss, worseLoss } from './measure-loss.ts';
import type { Loss } from './measure-loss.ts';

const SIGNATURE = {
  inputs: [],
  outputs: [
    { name: 'scores', dtype: 'float32', shape: ['n', 3] },
    { name: 'class', dtype: 'int64', shape: ['n'] },
  ],
} as const;

/** Two samples: one has one row, the other two. */
const golden = (classes = [1, 2, 0]): GoldenSamples => ({
  schema: 'perigee-golden/1',
  samples: [
    {
      id: 'first',
      feeds: {},
      outputs: {
        scores: { dtype: 'float32', shape: [1, 3], data: [1, 4, 2] },
        class: { dtype: 'int64', shape: [1], data: [String(classes[0])] },
      },
    },
    {
      id: 'second',
      feeds: {},
      outputs: {
        scores: { dtype: 'float32', shape: [2, 3], data: [0, 1, 8, 3, 2, 1] },
        class: { dtype: 'int64', shape: [2], data: [String(classes[1]), String(classes[2])] },
      },
    },
  ],
});

/** The loss of a model with these scores and the expected classes, sample by sample. */
function loss(
  scores: readonly (readonly number[])[],
  labelOutput: string | null,
  samples = golden(),
): Promise<Loss> {
  let call = 0;
  const run = (): Promise<Tensors> => {
    const data = scores[call++]!;
    return Promise.resolve({
      scores: { dtype: 'float32', shape: [data.length / 3, 3], data: Float32Array.from(data) },
      class: {
        dtype: 'int64',
        shape: [data.length / 3],
        data: BigInt64Array.from(call === 1 ? [1n] : [2n, 0n]),
      },
    });
  };
  return measureLoss(
    {
      backend: 'wasm',
      signature: { inputs: [], outputs: [] },
      run,
      close: () => Promise.resolve(),
    },
    samples,
    labelOutput === null ? null : { name: labelOutput },
    { rtol: 0.01 },
  );
}

test('errors are counted over every value of every sample', async () => {
  const measured = await loss(
    [
      [1, 4.5, 2],
      [0, 1, 8, 3, 3.5, 1],
    ],
    'scores',
  );
  expect(measured).toMatchObject({
    maxError: 1.5,
    relative: { share: 1.5 / 8, sample: 'second', output: 'scores' },
    labelAgreement: 1 - 1 / 3,
    otherLabel: { sample: 'second', got: 1, expected: 0 },
    fault: null,
  });
  // 9 scores and 3 classes. rtol allows an error of 1 % of the expected 2, which became 3.5.
  expect(measured.meanError).toBeCloseTo(2 / 12, 12);
  expect(measured.excess).toBeCloseTo(1.5 - 0.01 * 2, 12);
});

test.each([
  [
    'another class',
    [
      [1, 4, 2],
      [0, 1, 8, 3, 2, 1],
    ],
    golden([1, 2, 2]),
    'sample "second", output "class": value 1 is 0, expected 2',
  ],
  [
    'another shape',
    [
      [1, 4, 2, 0, 0, 0],
      [0, 1, 8, 3, 2, 1],
    ],
    golden(),
    'sample "first", output "scores": it is float32 [2, 3], expected float32 [1, 3]',
  ],
  [
    'no number',
    [
      [1, Number.NaN, 2],
      [0, 1, 8, 3, 2, 1],
    ],
    golden(),
    'sample "first", output "scores": value 1 is NaN, expected 4',
  ],
])('%s is a fault at any --max-loss', async (_what, scores, samples, fault) => {
  const measured = await loss(scores, null, samples);
  expect(measured.fault).toBe(fault);
  expect(judgeLoss('int8', 'int8', measured, 1)).toBe(
    `Variant int8 gives other outputs: ${fault}.`,
  );
});

test('with labels their agreement counts, without them the largest error', async () => {
  const [close, off, turned] = [
    [
      [1, 4.12, 2],
      [0, 1, 8, 3, 2, 1],
    ],
    [
      [1, 4.5, 2],
      [0, 1, 8, 3, 2, 1],
    ],
    [
      [1, 4, 2],
      [0, 1, 8, 3, 3.5, 1],
    ],
  ];
  expect(judgeLoss('int8', 'int8', await loss(close, null), undefined)).toBeNull();
  expect(judgeLoss('fp16', 'float16', await loss(close, null), undefined)).toBe(
    'Variant fp16 is off by 1.5 % of the largest value of output "scores" in sample "first"; ' +
      'the limit is 1 % (--max-loss).',
  );
  expect(judgeLoss('int8', 'int8', await loss(off, null), undefined)).toContain('the limit is 5 %');
  expect(judgeLoss('int8', 'int8', await loss(off, null), 0.1)).toBeNull();
  expect(judgeLoss('int8', 'int8', await loss(off, 'scores'), undefined)).toBeNull();
  expect(judgeLoss('int8', 'int8', await loss(turned, 'scores'), undefined)).toBe(
    'Variant int8 gives another label for 33 % of the golden rows; the limit is 1 % ' +
      '(--max-loss). The first is sample "second", class 1 instead of 0.',
  );
  expect(judgeLoss('int8', 'int8', await loss(turned, 'scores'), 0.34)).toBeNull();
});

test('an error that would make golden samples useless is refused at any --max-loss', async () => {
  const measured = await loss(
    [
      [1, 7, 2],
      [0, 1, 8, 3, 2, 1],
    ],
    'scores',
  );
  expect(judgeLoss('int8', 'int8', measured, 1)).toContain(
    'beyond 25 % golden samples would prove nothing',
  );
});

test('the tolerance admits error and rounding in two digits, and is omitted if the default does', async () => {
  const measured = await loss(
    [
      [1, 4.5, 2],
      [0, 1, 8, 3, 2, 1],
    ],
    null,
  );
  expect(measured.excess).toBeCloseTo(0.46, 12);
  // 1e-4 + 1.5 × 0.46 and 2e-3 + 1.5 × 0.46, rounded up.
  expect(variantTolerances('int8', measured)).toEqual({
    int8: { atol: 0.7, rtol: 1e-3 },
    'int8/webgpu': { atol: 0.7, rtol: 2e-3 },
  });
  expect(variantTolerances('fp32', { ...measured, excess: 6e-5 })).toEqual({});
});

test('of two backends the worse counts', async () => {
  const [a, b] = [
    await loss(
      [
        [1, 4.5, 2],
        [0, 1, 8, 3, 2, 1],
      ],
      'scores',
    ),
    await loss(
      [
        [1, 4, 2],
        [0, 1, 8, 3, 3.5, 1],
      ],
      'scores',
    ),
  ];
  expect(worseLoss(a, b)).toEqual(worseLoss(b, a));
  expect(worseLoss(a, b)).toMatchObject({
    maxError: 1.5,
    labelAgreement: 1 - 1 / 3,
    otherLabel: { sample: 'second' },
  });
});

test('labels are where the pipeline says', () => {
  const topK = { op: 'top-k', k: 2 } as const;
  expect(labelOutputOf(undefined, SIGNATURE)).toBeNull();
  expect(labelOutputOf({ preprocess: [], postprocess: [{ op: 'softmax' }] }, SIGNATURE)).toBeNull();
  expect(labelOutputOf({ preprocess: [], postprocess: [topK] }, SIGNATURE)).toEqual({
    name: 'scores',
  });
  expect(
    labelOutputOf(
      { preprocess: [], postprocess: [{ op: 'softmax', tensor: 'other' }, topK] },
      SIGNATURE,
    ),
  ).toEqual({ name: 'other' });
});

test('labels of a threshold are kept where the score stays on its side of it', async () => {
  const threshold = { op: 'threshold', threshold: 0.25, positive: 'yes' } as const;
  const cutOf = (...steps: Pipeline['postprocess']) =>
    labelOutputOf({ preprocess: [], postprocess: steps }, SIGNATURE);
  expect(cutOf(threshold)).toEqual({ name: 'scores', cut: 0.25 });
  // The logit of 0.25.
  expect(cutOf({ op: 'sigmoid', tensor: 'class' }, threshold)).toEqual({
    name: 'class',
    cut: Math.log(1 / 3),
  });
  const one = (value: number) => ({ dtype: 'float32', shape: [2, 1], data: [value, 0.9] });
  const samples: GoldenSamples = {
    schema: 'perigee-golden/1',
    samples: [{ id: 'pair', feeds: {}, outputs: { scores: one(0.2) } }],
  };
  const measured = async (value: number) => {
    const { data, ...rest } = one(value);
    const run = (): Promise<Tensors> =>
      Promise.resolve({ scores: { ...rest, dtype: 'float32', data: Float32Array.from(data) } });
    return measureLoss(
      {
        backend: 'wasm',
        signature: { inputs: [], outputs: [] },
        run,
        close: () => Promise.resolve(),
      },
      samples,
      cutOf(threshold),
      { rtol: 0.01 },
    );
  };
  expect(await measured(0.24)).toMatchObject({ labelAgreement: 1, otherLabel: null });
  expect(await measured(0.26)).toMatchObject({
    labelAgreement: 0.5,
    otherLabel: { sample: 'pair', got: 1, expected: 0 },
  });
});
