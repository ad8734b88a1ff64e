import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import {
  expected,
  FEATURES,
  hot,
  LABELS,
  modelFile,
  ONE_HOTS,
  place,
  referenceOf,
  SCALED,
  TRAIN,
} from './churn.fixture.ts';
import type { Given } from './churn.fixture.ts';
import { pack } from './pack.ts';
import { readCsv } from '../csv/read-csv.ts';
import { readPipeline } from './read-files.ts';

/** Pipelines with words, several inputs or thresholds that do not fit the model. */
const { file, packed } = place();

const without = (preprocess: object[], postprocess: object[] = []) => ({ preprocess, postprocess });
const tooMany = (): string =>
  ['age,spend,country,plan', ...Array.from({ length: 10_001 }, (_, i) => `1,1,w${i},1`)].join('\n');

test.each<[string, string, () => Promise<[object, Given]>, string]>([
  [
    'words that nobody gave',
    'score',
    async () => [ONE_HOTS, { reference: null }],
    'the step for "country" has no "words". Write them there, or give the training rows',
  ],
  [
    'an id as a category',
    'score',
    async () => [ONE_HOTS, { reference: await file('ids.csv', tooMany()) }],
    'column "country" has 10001 different words; a vocabulary has at most 10000',
  ],
  [
    'a column of words that is not there',
    'score',
    async () => [ONE_HOTS, { reference: await file('less.csv', 'age,spend\n1,1\n') }],
    'less.csv has no column "country", whose words',
  ],
  [
    'a place too many',
    'score',
    async () => [
      without([FEATURES, { op: 'one-hot', feature: 'country' }, hot('plan'), SCALED]),
      {},
    ],
    'it makes 11 numbers of 4 features, but input "x" takes 10',
  ],
  [
    'scales that say not of what',
    'score',
    async () => [
      without([FEATURES, hot('country'), hot('plan'), { op: 'standardize', ...expected.scale }]),
      {},
    ],
    '("standardize"): the row has words: name the features to scale',
  ],
  [
    'a word for a number to impute',
    'score',
    async () => [
      without([FEATURES, { op: 'impute', values: [1, 2, 3, '1'] }, hot('country'), hot('plan')]),
      {},
    ],
    '("impute"): "country" takes words, and 3 is none',
  ],
  [
    'features that no input is named after',
    'mixed',
    async () => [without([{ op: 'tabular', features: ['age', 'spend', 'plan'] }]), {}],
    'feature "age" goes to no input. The model has: numbers, code.',
  ],
  [
    'an input without feature',
    'mixed',
    async () => [
      without([
        { op: 'tabular', features: ['age', 'spend', 'plan'] },
        {
          op: 'inputs',
          inputs: [
            { name: 'numbers', features: ['age', 'spend'] },
            { name: 'number', features: ['plan'] },
          ],
        },
      ]),
      {},
    ],
    'input "code" gets no feature',
  ],
  [
    'logits taken for probabilities',
    'logit',
    async () => [ONE_HOTS, { ...LABELS, positive: 'leaves' }],
    'which is not a probability from 0 to 1. If the model gives logits, the pipeline needs "sigmoid"',
  ],
  [
    'a positive that is no label',
    'score',
    async () => [ONE_HOTS, { ...LABELS, positive: 'goes' }],
    '--positive goes: the labels are stays and leaves.',
  ],
  [
    'a threshold without two labels',
    'score',
    async () => [ONE_HOTS, { labels: 'a,b,c', threshold: 0.5 }],
    'give --pipeline, and two labels as --labels stays,leaves.',
  ],
  [
    'a threshold for ranked scores',
    'columns',
    async () => [
      without([FEATURES], [{ op: 'top-k', k: 1, tensor: 'probabilities' }]),
      { ...LABELS, threshold: 0.5 },
    ],
    'The pipeline already has "top-k"',
  ],
  [
    'a threshold for two scores',
    'columns',
    async () => [
      without(
        [FEATURES],
        [{ op: 'threshold', threshold: 0.5, positive: 'leaves', tensor: 'probabilities' }],
      ),
      LABELS,
    ],
    'Output "probabilities" has 2 numbers, and "threshold" takes one',
  ],
  [
    'a label that a threshold does not have',
    'score',
    async () => [
      without(ONE_HOTS.preprocess, [{ op: 'threshold', threshold: 0.5, positive: 'goes' }]),
      LABELS,
    ],
    '"threshold" needs two labels, and "goes" as one of them; there are: stays, leaves.',
  ],
])('packing with %s fails and says so', async (_what, model, given, told) => {
  const [pipeline, options] = await given();
  await expect(packed(model, pipeline, options)).rejects.toThrow(told);
});

test('a ready reference profile must have categories where the pipeline takes words', async () => {
  const release = await packed('score', ONE_HOTS, LABELS);
  const { features, ...rest } = referenceOf(release);
  const numeric = features.map((feature) =>
    feature.kind === 'categorical' ? { ...features[0], name: feature.name } : feature,
  );
  const profile = await file('numbers.json', { ...rest, features: numeric });
  const preprocess = release.manifest.pipeline!.preprocess;
  const options = {
    name: 'score',
    version: '1.0.0',
    referenceProfile: profile,
    ...LABELS,
    model: modelFile('score'),
  };
  await expect(
    pack(
      { ...options, pipeline: await file('full.json', { preprocess, postprocess: [] }) },
      () => undefined,
    ),
  ).rejects.toThrow('numbers.json has numbers for "country"; the pipeline takes words for it.');
});

test('the pipelines in docs/tabular.md are taken, with words of the training rows', async () => {
  const docs = await readFile(new URL('../../../../docs/tabular.md', import.meta.url), 'utf8');
  const blocks = [...docs.matchAll(/```json(?: \[.*?\])?\n(.+?)```/gs)].map(([, json = '']) => json);
  const whole = blocks.filter((json) => json.includes('preprocess'));
  const step = blocks.find((json) => !json.includes('preprocess')) ?? '';
  // Put the step into the pipeline that the text describes.
  const [first = ''] = whole;
  const pipelines = [...whole, first.replace(/(\n {2}\])/, `, ${step.trim()}$1`)];
  expect(pipelines).toHaveLength(3);
  const training = await readCsv(TRAIN);
  for (const [i, json] of pipelines.entries()) {
    const { pipeline, notes } = await readPipeline(await file(`docs-${i}.json`, json), training);
    expect(pipeline.preprocess[0]?.op).toBe('tabular');
    expect(notes).toHaveLength(json.includes('one-hot') ? 1 : 0);
  }
});
