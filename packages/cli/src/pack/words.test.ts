import { readFile } from 'node:fs/promises';
import { parseReference } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import { layout, parseGolden } from '@perigee/registry';
import type { GoldenSamples, Metric } from '@perigee/registry';
import { createPerigee } from 'perigee';
import type { Backend, Classification, Model, Perigee, PredictInput } from 'perigee';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { perigee as command } from '../commands/operator.fixture.ts';
import { temporaryKeys } from '../keys/keys.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry } from '../publish/registry.ts';
import { heldRelease, readRelease } from '../publish/release-folder.ts';
import {
  expected,
  FEATURES,
  HELD_OUT,
  hot,
  LABELS,
  modelFile,
  ONE_HOTS,
  place,
  referenceOf,
  SCALED,
  TRAIN,
} from './churn.fixture.ts';
import type { PackedRelease } from './packed-release.ts';

/**
 * Releases with features that are words, with several inputs, or with one score: from the file to a
 * prediction on a device. All expected numbers come from scikit-learn.
 */
const { at, file, packed } = place();
const TELEMETRY = { url: 'http://127.0.0.1:9/', intervalMs: 3_600_000 };

let perigee: Perigee;
let publisher: Parameters<typeof publish>[1];
/** Output of the command that packed the release "score". */
let score: Awaited<ReturnType<typeof command>>;
beforeAll(async () => {
  publisher = { to: at('registry'), keys: await temporaryKeys() };
  await initRegistry(publisher);
  perigee = createPerigee({ registry: at('registry'), store: 'memory', telemetry: TELEMETRY });
  const pipeline = await file('score.json', ONE_HOTS);
  const given = ['--reference', TRAIN, '--exclude', 'churn', '--pipeline', pipeline];
  const decision = ['--labels', 'stays,leaves', '--positive', 'leaves', '--threshold', '0.3'];
  const calibration = ['--calibrate', HELD_OUT, '--label', 'churn'];
  const named = ['--name', 'score', '--version', '1.0.0', '--out', at('releases')];
  score = await command(
    'pack',
    modelFile('score'),
    ...named,
    ...given,
    ...decision,
    ...calibration,
  );
  await publish(await readRelease(at('releases'), 'score', '1.0.0'), publisher, 'stable');
});
afterAll(() => perigee.dispose());

function goldenOf({ manifest, objects }: PackedRelease): GoldenSamples {
  return parseGolden(objects.get(layout.blob(manifest.golden!.sha256))!);
}

async function storedReference(): Promise<ReferenceProfile> {
  const { manifest, folder } = await readRelease(at('releases'), 'score', '1.0.0');
  return parseReference((await folder.read(layout.blob(manifest.reference!.sha256)))!);
}

async function onDevice<T>(
  name: string,
  backend: Backend | 'auto',
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const model = await perigee.load(`${name}@1.0.0`, { backend });
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

function recordsOf(): Record<'age' | 'spend' | 'country' | 'plan', number | string>[] {
  return expected.rows.map(([age, spend, country, plan]) => ({ age, spend, country, plan }));
}

/** The label and its score for each row, and the score of "leaves". */
async function answersOf(model: Model, inputs: readonly PredictInput[]) {
  const predictions = await model.predictMany(inputs);
  return predictions.map(({ output }) => {
    const { label, score, top } = output as Classification;
    return { label, score, leaves: top.find((one) => one.label === 'leaves')?.score ?? Number.NaN };
  });
}

function expectScores(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toHaveLength(wanted.length);
  for (const [i, score] of got.entries()) expect(score).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
}

test('pack, publish, load and predict: words get the labels and scores of scikit-learn', async () => {
  expect([score.code, score.err]).toEqual([
    0,
    expect.stringContaining('"country" has 5 words, in this order: "AT", "DE", "FR", "IT", "ÖST"'),
  ]);
  const release = await readRelease(at('releases'), 'score', '1.0.0');
  const [country, plan] = expected.words;
  expect(release.manifest.pipeline).toEqual({
    preprocess: [
      FEATURES,
      { ...hot('country'), words: country },
      { ...hot('plan'), words: plan },
      SCALED,
    ],
    postprocess: [{ op: 'threshold', threshold: 0.3, positive: 'leaves' }],
  });
  for (const backend of ['auto', 'wasm', 'native'] as const) {
    const answers = await onDevice('score', backend, (model) => answersOf(model, recordsOf()));
    expectScores(
      answers.map(({ leaves }) => leaves),
      expected.score,
    );
    expect(answers.map(({ label }) => label)).toEqual(
      expected.score.map((p) => (p >= 0.3 ? 'leaves' : 'stays')),
    );
    expectScores(
      answers.map(({ score }) => score),
      expected.score.map((p) => (p >= 0.3 ? p : 1 - p)),
    );
  }
});

test('eval and --calibrate count the answers of a threshold as scikit-learn does', async () => {
  const evaluated = await command(
    'eval',
    'score@1.0.0',
    '--from',
    at('releases'),
    '--data',
    HELD_OUT,
    '--label',
    'churn',
    '--json',
  );
  const metrics = JSON.parse(evaluated.out) as Metric[];
  const valueOf = (name: string): number =>
    metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  const { accuracy, f1 } = expected.heldOut;
  expect(metrics[0]).toMatchObject({ name: 'accuracy', rows: 40 });
  expect(valueOf('accuracy')).toBeCloseTo(accuracy, 10);
  expect(valueOf('f1')).toBeCloseTo(f1, 10);
  const reference = await storedReference();
  expect(reference.output?.calibration).toMatchObject({ rows: 40, accuracy });
  expect(reference.output?.labelCounts.reduce((sum, count) => sum + count, 0)).toBe(120);
});

test('the reference counts words, and devices count those they do not know as others', async () => {
  const reference = await storedReference();
  expect(reference.features.map(({ kind, name }) => [kind, name])).toEqual([
    ['numeric', 'age'],
    ['numeric', 'spend'],
    ['categorical', 'country'],
    ['categorical', 'plan'],
  ]);
  const country = reference.features[2];
  if (country?.kind !== 'categorical') throw new Error('country has no categories');
  const rows = (await readFile(TRAIN, 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',')[2]);
  const countOf = (word: string): number => rows.filter((one) => one === word).length;
  expect(country.vocabulary.toSorted()).toEqual(expected.words[0]);
  expect(country.counts).toEqual([...country.vocabulary.map(countOf), 0]);

  const fresh = createPerigee({ registry: at('registry'), store: 'memory', telemetry: TELEMETRY });
  const model = await fresh.load('score');
  const { id } = await model.predict({ age: 41, spend: 80.5, country: 'Atlantis', plan: 1 });
  await model.predictMany(recordsOf());
  await model.feedback(id, { label: 'leaves' });
  // Sending fails, so the counts stay for the preview.
  await fresh.telemetry.flush();
  const preview = JSON.stringify(await fresh.telemetry.preview());
  await fresh.dispose();
  // Four of nine rows have a country that no training row has: XX, constructor, __proto__, and this
  // one.
  const seen = [
    ...country.vocabulary.map((word) => expected.rows.filter((row) => row[2] === word).length),
    4,
  ];
  expect(preview).toContain(`"country":{"bins":${JSON.stringify(seen)},"missing":0`);
  expect(preview).toContain('"confusion":{"predicted leaves, true leaves":1}');
  expect(preview).not.toContain('Atlantis');
});

test('a model with one input a column takes records: numbers, whole numbers and text', async () => {
  const pipeline = {
    preprocess: [FEATURES],
    postprocess: [{ op: 'top-k', k: 2, tensor: 'probabilities' }],
  };
  const release = await packed('columns', pipeline, LABELS);
  const golden = goldenOf(release);
  expect(golden.samples[0]?.feeds).toMatchObject({
    age: { dtype: 'float32', shape: [1, 1], data: [26] },
    country: { dtype: 'string', shape: [1, 1], data: ['DE'] },
    plan: { dtype: 'int64', shape: [1, 1], data: ['10'] },
  });
  expect(referenceOf(release).features[2]).toMatchObject({ kind: 'categorical', name: 'country' });
  await publish(heldRelease(release), publisher, 'stable');
  for (const backend of ['auto', 'wasm', 'native'] as const) {
    const answers = await onDevice('columns', backend, (model) => answersOf(model, recordsOf()));
    expectScores(
      answers.map(({ leaves }) => leaves),
      expected.score,
    );
  }
  await onDevice('columns', 'auto', async (model) => {
    const [record] = recordsOf();
    await expect(model.predict({ ...record, plan: 1.5 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(
        'feature "plan": input "plan" takes whole numbers',
      ) as string,
    });
    await expect(
      model.predict({ ...record, country: true } as unknown as PredictInput),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'feature "country": expected a word, got boolean true.',
    });
    await expect(model.predict({ ...record, country: null })).rejects.toThrow(
      'missing feature country',
    );
    await expect(model.predict({ ...record, Country: 'DE' })).rejects.toThrow(
      'did you mean "country"?',
    );
  });
});

test('numbers and an index go to two inputs; a missing word is imputed; a logit is decided', async () => {
  const preprocess = [
    { op: 'tabular', features: ['age', 'spend', 'country'] },
    { op: 'impute', values: [0, 0, 'AT'] },
    { op: 'index', feature: 'country' },
    SCALED,
    {
      op: 'inputs',
      inputs: [
        { name: 'numbers', features: ['age', 'spend'] },
        { name: 'code', features: ['country'] },
      ],
    },
  ];
  const release = await packed(
    'mixed',
    { preprocess, postprocess: [] },
    { ...LABELS, logit: true },
  );
  expect(release.manifest.pipeline?.postprocess).toEqual([
    { op: 'sigmoid' },
    { op: 'threshold', threshold: 0.5, positive: 'leaves' },
  ]);
  const codes = goldenOf(release).samples.map(({ feeds }) => feeds['code']);
  // The codes of DE and FR, the countries of the first two training rows.
  expect(codes).toMatchObject([
    { dtype: 'int64', data: ['1'] },
    { dtype: 'int64', data: ['2'] },
  ]);
  await publish(heldRelease(release), publisher, 'stable');
  await onDevice('mixed', 'auto', async (model) => {
    const answers = await answersOf(
      model,
      expected.rows.map(([age, spend, country]) => ({ age, spend, country })),
    );
    expectScores(
      answers.map(({ leaves }) => leaves),
      expected.mixed.map((logit) => 1 / (1 + Math.exp(-logit))),
    );
    const [imputed, given] = await answersOf(model, [
      [66, 300.25, null],
      [66, 300.25, 'AT'],
    ]);
    expect(imputed).toEqual(given);
  });
});

test('free text is watched without its words; NA is a word where the vocabulary has it', async () => {
  const texts = Array.from({ length: 120 }, (_, i) => `${20 + (i % 50)},5,"Dear Sir ${i}",1`);
  const csv = await file('texts.csv', ['age,spend,country,plan', ...texts].join('\n'));
  const pipeline = {
    preprocess: [FEATURES],
    postprocess: [{ op: 'top-k', k: 2, tensor: 'probabilities' }],
  };
  const free = await packed('columns', pipeline, { ...LABELS, reference: csv });
  expect(referenceOf(free).features[2]).toEqual({
    kind: 'categorical',
    name: 'country',
    vocabulary: [],
    counts: [120],
    missing: 0,
  });
  expect(free.notes.join()).toContain('column "country" has more than 100 different texts');

  const codes = await file('codes.csv', 'age,spend,country\n20,1,NA\n30,2,DE\n40,3,\n50,4,QQ\n');
  const words = ['AT', 'DE', 'FR', 'NA', 'ÖST'];
  const preprocess = [
    { op: 'tabular', features: ['age', 'spend', 'country'] },
    { op: 'impute', values: [0, 0, 'DE'] },
    { op: 'index', feature: 'country', words },
    {
      op: 'inputs',
      inputs: [
        { name: 'numbers', features: ['age', 'spend'] },
        { name: 'code', features: ['country'] },
      ],
    },
  ];
  const release = await packed('mixed', { preprocess, postprocess: [] }, { reference: codes });
  expect(referenceOf(release).features[2]).toEqual({
    kind: 'categorical',
    name: 'country',
    vocabulary: ['DE', 'NA'],
    counts: [1, 1, 1],
    missing: 1,
  });
});
