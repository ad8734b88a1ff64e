import { expect, test } from 'vitest';
import { parsePipeline } from '../index.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('a pipeline is read step by step, and only what it declares is kept', () => {
  const pipeline = {
    preprocess: [
      { op: 'tabular', features: ['a', 'b'] },
      { op: 'impute', values: [0, 1] },
      { op: 'standardize', mean: [1, 2], std: [3, 4] },
    ],
    postprocess: [{ op: 'softmax' }, { op: 'top-k', k: 2, tensor: 'logits' }],
  };
  expect(
    parsePipeline(
      encode({
        ...pipeline,
        note: 'ignored',
        preprocess: pipeline.preprocess.map((step) => ({ ...step, note: 1 })),
      }),
    ),
  ).toEqual(pipeline);
});

const image = (...steps: object[]) => ({
  preprocess: [{ op: 'image' }, ...steps],
  postprocess: [],
});

test.each([
  [
    'no first step',
    { preprocess: [], postprocess: [] },
    'preprocess: expected a list that begins with "image" or "tabular"',
  ],
  [
    'another first step',
    { preprocess: [{ op: 'resize', width: 1, height: 1, method: 'area' }], postprocess: [] },
    'preprocess: expected a list that begins',
  ],
  ['an op nobody knows', image({ op: 'eval' }), 'preprocess[1].op'],
  [
    'a resize to nothing',
    image({ op: 'resize', width: 0, height: 8, method: 'area' }),
    'preprocess[1].width: expected a whole number from 1 to 8192, got 0',
  ],
  [
    'a resize method nobody knows',
    image({ op: 'resize', width: 8, height: 8, method: 'lanczos' }),
    'preprocess[1].method',
  ],
  [
    'a division by zero',
    image({ op: 'normalize', mean: [0], std: [0] }),
    'preprocess[1].std[0]: expected a number other than 0',
  ],
  [
    'lists of different length',
    image({ op: 'normalize', mean: [0, 0, 0], std: [1] }),
    'preprocess[1].std: expected 3 numbers, as many as mean has',
  ],
  [
    'a number that is text',
    image({ op: 'rescale', factor: '1' }),
    'preprocess[1].factor: expected a finite number, got "1"',
  ],
  [
    'a padding out of range',
    image({ op: 'trim', threshold: 1, padding: 1e9 }),
    'preprocess[1].padding: expected a number from 0 to 4',
  ],
  [
    'a feature twice',
    { preprocess: [{ op: 'tabular', features: ['a', 'a'] }], postprocess: [] },
    'preprocess[0].features: expected names that are all different',
  ],
  [
    'no postprocess',
    { preprocess: [{ op: 'image' }] },
    'postprocess: expected a list, got nothing',
  ],
  ['a k of none', { ...image(), postprocess: [{ op: 'top-k', k: 0 }] }, 'postprocess[0].k'],
  [
    'steps without end',
    image(...Array.from({ length: 300 }, () => ({ op: 'invert' }))),
    'preprocess: expected at most 256 entries',
  ],
])('a pipeline with %s is refused with its path', (_what, value, message) => {
  expect(() => parsePipeline(encode(value))).toThrow(message);
});

const words = (...steps: object[]) => ({
  preprocess: [{ op: 'tabular', features: ['age', 'country'] }, ...steps],
  postprocess: [],
});

test('steps for words, inputs and a threshold are read', () => {
  const pipeline = {
    preprocess: [
      { op: 'tabular', features: ['age', 'country', 'plan', 'note'] },
      { op: 'impute', values: [40, 'DE', 'basic', ''] },
      {
        op: 'one-hot',
        feature: 'country',
        words: ['AT', 'DE', 'constructor', '__proto__'],
        other: 'zeros',
      },
      { op: 'index', feature: 'plan', words: ['basic', 'pro'], other: -1 },
      { op: 'standardize', features: ['age'], mean: [40], std: [10] },
      {
        op: 'inputs',
        inputs: [
          { name: 'x', features: ['age', 'country', 'plan'] },
          { name: 'text', features: ['note'] },
        ],
      },
    ],
    postprocess: [
      { op: 'sigmoid' },
      { op: 'threshold', threshold: 0.3, positive: 'leaves', tensor: 'p' },
    ],
  };
  expect(parsePipeline(encode(pipeline))).toEqual(pipeline);
});

const oneHot = (more: object) =>
  words({ op: 'one-hot', feature: 'country', words: ['AT'], ...more });

test.each([
  [
    'a vocabulary without end',
    oneHot({ words: Array.from({ length: 10_001 }, (_, i) => `w${i}`) }),
    'preprocess[1].words: expected at most 10000 entries',
  ],
  [
    'a word twice',
    oneHot({ words: ['AT', 'DE', 'AT'] }),
    'preprocess[1].words: expected different words; "AT" occurs twice',
  ],
  ['no word', oneHot({ words: [] }), 'preprocess[1].words: expected at least one word'],
  ['no words', oneHot({ words: undefined }), 'preprocess[1].words: expected a list, got nothing'],
  [
    'a word that is a number',
    oneHot({ words: ['AT', 7] }),
    'preprocess[1].words[1]: expected text, got 7',
  ],
  [
    'a word as long as a book',
    oneHot({ words: ['x'.repeat(257)] }),
    'preprocess[1].words[0]: expected text of at most 256 characters',
  ],
  [
    'words by name',
    JSON.parse(
      '{"preprocess":[{"op":"tabular","features":["a"]},' +
        '{"op":"one-hot","feature":"a","words":{"__proto__":1}}],"postprocess":[]}',
    ),
    '__proto__',
  ],
  [
    'a feature __proto__',
    { preprocess: [{ op: 'tabular', features: ['a', '__proto__'] }], postprocess: [] },
    'preprocess[0].features[1]: expected a name other than "__proto__"',
  ],
  [
    'words of a feature it does not take',
    oneHot({ feature: 'town' }),
    'preprocess[1]: expected features that "tabular" names; it does not name "town"',
  ],
  [
    'two encodings of a feature',
    words(
      { op: 'index', feature: 'country', words: ['a'] },
      { op: 'one-hot', feature: 'country', words: ['a'] },
    ),
    'preprocess[2]: expected one encoding of "country"',
  ],
  [
    'an index nobody can use',
    words({ op: 'index', feature: 'country', words: ['a'], other: 0.5 }),
    'preprocess[1].other: expected a whole number from -1',
  ],
  [
    'another word for another word',
    oneHot({ other: 'error' }),
    'preprocess[1].other: expected "slot" or "zeros", got "error"',
  ],
  [
    'a value to impute that is none',
    words({ op: 'impute', values: [1, null] }),
    'preprocess[1].values[1]: expected a number, or a word, got null',
  ],
  [
    'scales for other features',
    words({ op: 'standardize', features: ['age'], mean: [1, 2], std: [1, 2] }),
    'preprocess[1].mean: expected 1 numbers, one for each of "features"',
  ],
  [
    'an input of features it does not take',
    words({ op: 'inputs', inputs: [{ name: 'x', features: ['town'] }] }),
    'preprocess[1]: expected features that "tabular" names',
  ],
  [
    'an input of no features',
    words({ op: 'inputs', inputs: [{ name: 'x', features: [] }] }),
    'preprocess[1].inputs[0].features: expected at least one feature',
  ],
  [
    'an input twice',
    words({
      op: 'inputs',
      inputs: [
        { name: 'x', features: ['age'] },
        { name: 'x', features: ['country'] },
      ],
    }),
    'preprocess[1].inputs: expected inputs with different names',
  ],
  [
    'a threshold beyond 1',
    { ...words(), postprocess: [{ op: 'threshold', threshold: 1.5, positive: 'a' }] },
    'postprocess[0].threshold: expected a number from 0 to 1',
  ],
  [
    'a threshold for no label',
    { ...words(), postprocess: [{ op: 'threshold', threshold: 0.5 }] },
    'postprocess[0].positive: expected text, got nothing',
  ],
])('a pipeline with %s is refused with its path', (_what, value, message) => {
  expect(() => parsePipeline(encode(value))).toThrow(message);
});
