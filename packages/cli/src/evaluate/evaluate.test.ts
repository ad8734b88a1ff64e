import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metric } from '@perigee/registry';
import { parseManifest } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { done, perigee } from '../commands/operator.fixture.ts';
import { mergeMetrics } from './write-metrics.ts';

const WDBC = fileURLToPath(new URL('../../../../models/wdbc', import.meta.url));
const LINEAR = fileURLToPath(new URL('fixtures', import.meta.url));

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-eval-'));
  await writeFile(
    at('linear.json'),
    JSON.stringify({
      preprocess: [
        { op: 'tabular', features: ['a', 'b'] },
        { op: 'standardize', mean: [10, 0.5], std: [4, 0.25] },
      ],
      postprocess: [],
    }),
  );
  await writeFile(
    at('governance.json'),
    JSON.stringify({
      owner: 'Ada',
      metrics: [
        { name: 'mse', value: 0.001 },
        { name: 'mae', value: 0.001, dataset: 'another' },
      ],
    }),
  );
  await done(
    perigee(
      'pack',
      join(LINEAR, 'linear.onnx'),
      '--name',
      'linear',
      '--version',
      '1.0.0',
      '--out',
      at('releases'),
      '--pipeline',
      at('linear.json'),
      '--governance',
      at('governance.json'),
    ),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const metricsOf = async (...args: string[]): Promise<Metric[]> =>
  JSON.parse((await done(perigee('eval', ...args, '--json'))).out) as Metric[];
const valuesOf = (metrics: readonly Metric[], slice?: string): number[] =>
  metrics.filter((one) => one.slice === slice).map(({ value }) => value);
function expectClose(values: readonly number[], expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  // Sums of float32 predictions: their last bits depend on the order.
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 6);
}

/**
 * The numbers of these two tests come from fixtures/make-fixtures.py: ONNX Runtime for Python
 * predicts, scikit-learn 1.9.1 computes the metrics.
 */
test('a regression has scikit-learn’s MSE, MAE and R², by slice too; unusable rows are reported', async () => {
  const { out, err } = await done(
    perigee(
      'eval',
      'linear@1.0.0',
      '--from',
      at('releases'),
      '--data',
      join(LINEAR, 'linear.csv'),
      '--label',
      'y',
      '--slice',
      'region',
      '--json',
    ),
  );
  const metrics = JSON.parse(out) as Metric[];
  expect(metrics.slice(0, 3)).toEqual(
    ['mse', 'mae', 'r2'].map((name) => ({
      name,
      value: expect.any(Number) as number,
      rows: 40,
      dataset: 'linear.csv',
      measured: true,
    })),
  );
  expectClose(valuesOf(metrics), [0.3709495432278972, 0.49168750021457674, 0.9679643248185129]);
  expectClose(
    valuesOf(metrics, 'region = north'),
    [0.4120493556036058, 0.5121346650857193, 0.9647580166771718],
  );
  expectClose(
    valuesOf(metrics, 'region = south'),
    [0.2946213202444383, 0.45371419402531216, 0.9685608470118596],
  );
  expect(metrics.filter(({ slice }) => slice === 'region = south').map(({ rows }) => rows)).toEqual(
    [14, 14, 14],
  );
  expect(err).toContain('1 rows without a ground truth in "y"');
  expect(err).toContain('1 rows that lack a feature');
});

test('a classifier given as a model file has scikit-learn’s accuracy, precision, recall and F1', async () => {
  const model = [
    join(WDBC, 'versions/1.0.0/model.onnx'),
    '--pipeline',
    join(WDBC, 'pipeline.json'),
    '--labels',
    join(WDBC, 'labels.json'),
  ];
  const metrics = await metricsOf(
    ...model,
    '--data',
    join(WDBC, 'data/wdbc.csv'),
    '--label',
    'diagnosis',
    '--slice',
    'split',
    '--dataset',
    'WDBC',
  );
  expect(metrics[0]).toMatchObject({
    name: 'accuracy',
    rows: 569,
    dataset: 'WDBC',
    measured: true,
  });
  expectClose(
    valuesOf(metrics),
    [0.9964850615114236, 0.9962409492098726, 0.9962409492098726, 0.9962409492098726],
  );
  expectClose(
    valuesOf(metrics, 'split = test'),
    [0.9823008849557522, 0.9810529845741114, 0.9810529845741114, 0.9810529845741114],
  );
  expectClose(valuesOf(metrics, 'split = train'), [1, 1, 1, 1]);
});

test('a feature may be the slice', async () => {
  await writeFile(at('rows.csv'), 'a,b,y\n1,0.5,-3.5\n1,0.25,0\n2,0.5,-3\n');
  const metrics = await metricsOf(
    'linear@1.0.0',
    '--from',
    at('releases'),
    '--data',
    at('rows.csv'),
    '--label',
    'y',
    '--slice',
    'a',
  );
  expect(
    metrics.filter(({ name }) => name === 'mse').map(({ slice, rows }) => [slice, rows]),
  ).toEqual([
    [undefined, 3],
    ['a = 1', 2],
    ['a = 2', 1],
  ]);
});

test('--write puts what was measured into the packed release, over what was typed of the same', async () => {
  await done(
    perigee(
      'eval',
      'linear@1.0.0',
      '--from',
      at('releases'),
      '--data',
      join(LINEAR, 'linear.csv'),
      '--label',
      'y',
      '--write',
    ),
  );
  const { governance } = parseManifest(
    new Uint8Array(await readFile(at('releases/linear/1.0.0/manifest.json'))),
  );
  expect(governance).toMatchObject({
    owner: 'Ada',
    metrics: [
      { name: 'mae', value: 0.001, dataset: 'another' },
      { name: 'mse', rows: 40, measured: true },
      { name: 'mae', dataset: 'linear.csv', measured: true },
      { name: 'r2', measured: true },
    ],
  });
  const card = await done(perigee('card', 'linear@1.0.0', '--from', at('releases')));
  expect(card.out).toMatch(/\| mse \| 0\.37\d+ \| linear\.csv \| all \| 40 \| perigee eval \|/);
});

test('a measured metric replaces only the same one of the same data and slice', () => {
  const [old, sliced, elsewhere]: Metric[] = [
    { name: 'f1', value: 1 },
    { name: 'f1', value: 1, slice: 'a' },
    { name: 'f1', value: 1, dataset: 'other' },
  ];
  const measured: Metric = { name: 'f1', value: 0.5, dataset: 'rows.csv', measured: true };
  expect(mergeMetrics([old!, sliced!, elsewhere!], [measured])).toEqual([
    sliced,
    elsewhere,
    measured,
  ]);
  expect(mergeMetrics([measured], [{ ...measured, value: 0.6 }])).toEqual([
    { ...measured, value: 0.6 },
  ]);
});

test.each<[string, string[], string]>([
  [
    'a ground truth that is not a number',
    ['linear@1.0.0', '--data', join(LINEAR, 'linear.csv'), '--label', 'region'],
    'the model answers a number, and "south" is not one.',
  ],
  [
    'a column that is not there',
    ['linear@1.0.0', '--data', join(LINEAR, 'linear.csv'), '--label', 'z'],
    'has no column "z". It has: id, b, a, region, y',
  ],
  [
    'rows without the features',
    ['linear@1.0.0', '--data', join(WDBC, 'train.csv'), '--label', 'diagnosis'],
    'has no column "a", which the pipeline names',
  ],
  [
    'ground truth that is no label',
    [
      join(WDBC, 'versions/1.0.0/model.onnx'),
      '--pipeline',
      join(WDBC, 'pipeline.json'),
      '--labels',
      'M,B',
      '--data',
      join(WDBC, 'train.csv'),
      '--label',
      'diagnosis',
    ],
    '"malignant" is not a label of the model. Its labels are "M", "B".',
  ],
  [
    'a model without a pipeline',
    [join(LINEAR, 'linear.onnx'), '--data', join(LINEAR, 'linear.csv'), '--label', 'y'],
    'has no tabular pipeline',
  ],
  [
    '--write with a model',
    [join(LINEAR, 'linear.onnx'), '--data', join(LINEAR, 'linear.csv'), '--label', 'y', '--write'],
    'Pack it, then evaluate it by its name@version',
  ],
  [
    'a release with another pipeline',
    ['linear@1.0.0', '--pipeline', 'x.json', '--data', join(LINEAR, 'linear.csv'), '--label', 'y'],
    'has its own pipeline',
  ],
  [
    'several numbers without labels',
    [
      join(WDBC, 'versions/1.0.0/model.onnx'),
      '--pipeline',
      '<no top-k>',
      '--data',
      '<numbers>',
      '--label',
      'truth',
    ],
    'answers 2 numbers a row and has no labels',
  ],
])('%s ends the evaluation with an error', async (_what, args, message) => {
  const { preprocess } = JSON.parse(await readFile(join(WDBC, 'pipeline.json'), 'utf8')) as {
    preprocess: object[];
  };
  await writeFile(at('no-top-k.json'), JSON.stringify({ preprocess, postprocess: [] }));
  const [head = '', first = ''] = (await readFile(join(WDBC, 'train.csv'), 'utf8')).split(/\r?\n/);
  await writeFile(at('numbers.csv'), `${head},truth\n${first},1\n`);
  const places: Record<string, string> = {
    '<no top-k>': at('no-top-k.json'),
    '<numbers>': at('numbers.csv'),
  };
  const { code, err } = await perigee(
    'eval',
    ...args.map((arg) => places[arg] ?? arg),
    '--from',
    at('releases'),
  );
  expect(code).toBe(1);
  expect(err).toContain(message);
});
