import { expect, test } from 'vitest';
import { parsePipeline } from '../index.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('a pipeline is read step by step, and only what it declares is kept', () => {
  const pipeline = {
    preprocess: [{ op: 'tabular', features: ['a', 'b'] }, { op: 'impute', values: [0, 1] }, { op: 'standardize', mean: [1, 2], std: [3, 4] }],
    postprocess: [{ op: 'softmax' }, { op: 'top-k', k: 2, tensor: 'logits' }],
  };
  expect(parsePipeline(encode({ ...pipeline, note: 'ignored', preprocess: pipeline.preprocess.map((step) => ({ ...step, note: 1 })) }))).toEqual(pipeline);
});

const image = (...steps: object[]) => ({ preprocess: [{ op: 'image' }, ...steps], postprocess: [] });

test.each([
  ['no first step', { preprocess: [], postprocess: [] }, 'preprocess: expected a list that begins with "image" or "tabular"'],
  ['another first step', { preprocess: [{ op: 'resize', width: 1, height: 1, method: 'area' }], postprocess: [] }, 'preprocess: expected a list that begins'],
  ['an op nobody knows', image({ op: 'eval' }), 'preprocess[1].op'],
  ['a resize to nothing', image({ op: 'resize', width: 0, height: 8, method: 'area' }), 'preprocess[1].width: expected a whole number from 1 to 8192, got 0'],
  ['a resize method nobody knows', image({ op: 'resize', width: 8, height: 8, method: 'lanczos' }), 'preprocess[1].method'],
  ['a division by zero', image({ op: 'normalize', mean: [0], std: [0] }), 'preprocess[1].std[0]: expected a number other than 0'],
  ['lists of different length', image({ op: 'normalize', mean: [0, 0, 0], std: [1] }), 'preprocess[1].std: expected 3 numbers, as many as mean has'],
  ['a number that is text', image({ op: 'rescale', factor: '1' }), 'preprocess[1].factor: expected a finite number, got "1"'],
  ['a padding out of range', image({ op: 'trim', threshold: 1, padding: 1e9 }), 'preprocess[1].padding: expected a number from 0 to 4'],
  ['a feature twice', { preprocess: [{ op: 'tabular', features: ['a', 'a'] }], postprocess: [] }, 'preprocess[0].features: expected names that are all different'],
  ['no postprocess', { preprocess: [{ op: 'image' }] }, 'postprocess: expected a list, got nothing'],
  ['a k of none', { ...image(), postprocess: [{ op: 'top-k', k: 0 }] }, 'postprocess[0].k'],
  ['steps without end', image(...Array.from({ length: 100 }, () => ({ op: 'invert' }))), 'preprocess: expected at most 64 entries'],
])('a pipeline with %s is refused with its path', (_what, value, message) => {
  expect(() => parsePipeline(encode(value))).toThrow(message);
});
