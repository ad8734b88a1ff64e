import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReference } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import { layout, parseGolden } from '@perigee/registry';
import type { Metric } from '@perigee/registry';
import { createPerigee } from 'perigee';
import type { Backend, Classification, Model, Perigee, PredictInput } from 'perigee';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryKeys } from '../keys/keys.ts';
import { runProgram } from '../program.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry } from '../publish/registry.ts';
import { heldRelease, readRelease } from '../publish/release-folder.ts';
import { pack } from './pack.ts';
import type { PackedRelease, PackOptions } from './pack.ts';

/**
 * Releases whose features are words, or that have several inputs or one score: from the file to an
 * answer on a device. Every number expected is scikit-learn's, by fixtures/churn/make-churn.py.
 */
const CHURN = fileURLToPath(new URL('fixtures/churn/', import.meta.url));
const TRAIN = join(CHURN, 'train.csv');
const HELD_OUT = join(CHURN, 'held-out.csv');
const TELEMETRY = { url: 'http://127.0.0.1:9/', intervalMs: 3_600_000 };

interface Expected {
  readonly rows: readonly (readonly [number, number, string, number])[];
  readonly scale: { readonly mean: number[]; readonly std: number[] };
  readonly words: readonly [string[], string[]];
  readonly score: readonly number[];
  readonly mixed: readonly number[];
  readonly heldOut: { readonly accuracy: number; readonly f1: number };
}

let folder = '';
let expected: Expected;
let perigee: Perigee;
let publisher: Parameters<typeof publish>[1];
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-words-'));
  expected = JSON.parse(await readFile(join(CHURN, 'expected.json'), 'utf8')) as Expected;
  publisher = { to: at('registry'), keys: await temporaryKeys() };
  await initRegistry(publisher);
  perigee = createPerigee({ registry: at('registry'), store: 'memory', telemetry: TELEMETRY });
});
afterAll(async () => {
  await perigee.dispose();
  await rm(folder, { recursive: true, force: true });
});

const FEATURES = { op: 'tabular', features: ['age', 'spend', 'country', 'plan'] };
const scaled = () => ({ op: 'standardize', features: ['age', 'spend'], ...expected.scale });
const hot = (feature: string) => ({ op: 'one-hot', feature, other: 'zeros' });
/** As for score.onnx and logit.onnx; its words are those of the training rows. */
const oneHots = () => ({
  preprocess: [FEATURES, hot('country'), hot('plan'), scaled()],
  postprocess: [] as object[],
});

async function file(name: string, content: unknown): Promise<string> {
  await writeFile(at(name), typeof content === 'string' ? content : JSON.stringify(content));
  return at(name);
}

/** Training rows are there unless they are null. */
type Given = Partial<Omit<PackOptions, 'model' | 'pipeline' | 'reference'>> & { readonly reference?: string | null };

async function packed(model: string, pipeline: object, { reference = TRAIN, ...more }: Given = {}): Promise<PackedRelease> {
  const path = await file(`${model}.json`, pipeline);
  const options = { name: model, version: '1.0.0', goldenCount: 2, ...more, ...(reference !== null && { reference }) };
  return pack({ ...options, model: join(CHURN, `${model}.onnx`), pipeline: path }, () => undefined);
}

async function onDevice<T>(name: string, backend: Backend | 'auto', use: (model: Model) => Promise<T>): Promise<T> {
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

/** For each row the label and its score, and the score of leaving. */
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

function referenceOf({ manifest, objects }: Pick<PackedRelease, 'manifest' | 'objects'>): ReferenceProfile {
  return parseReference(objects.get(layout.blob(manifest.reference!.sha256))!);
}

async function command(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

test('pack, publish, load and predict: records with words get the labels and scores of scikit-learn', async () => {
  const { code, err } = await command(
    'pack', join(CHURN, 'score.onnx'), '--name', 'score', '--version', '1.0.0', '--out', at('releases'),
    '--pipeline', await file('score.json', oneHots()), '--labels', 'stays,leaves', '--positive', 'leaves', '--threshold', '0.3',
    '--reference', TRAIN, '--exclude', 'churn', '--calibrate', HELD_OUT, '--label', 'churn',
  );
  expect([code, err]).toEqual([0, expect.stringContaining('"country" has 5 words, in this order: "AT", "DE", "FR", "IT", "ÖST"')]);
  const release = await readRelease(at('releases'), 'score', '1.0.0');
  const [country, plan] = expected.words;
  expect(release.manifest.pipeline).toEqual({
    preprocess: [FEATURES, { ...hot('country'), words: country }, { ...hot('plan'), words: plan }, scaled()],
    postprocess: [{ op: 'threshold', threshold: 0.3, positive: 'leaves' }],
  });
  await publish(release, publisher, 'stable');
  for (const backend of ['auto', 'wasm', 'native'] as const) {
    const answers = await onDevice('score', backend, (model) => answersOf(model, recordsOf()));
    expectScores(answers.map(({ leaves }) => leaves), expected.score);
    expect(answers.map(({ label }) => label)).toEqual(expected.score.map((p) => (p >= 0.3 ? 'leaves' : 'stays')));
    expectScores(answers.map(({ score }) => score), expected.score.map((p) => (p >= 0.3 ? p : 1 - p)));
  }
});

test('eval and --calibrate count the answers of a threshold as scikit-learn does', async () => {
  const evaluated = await command('eval', 'score@1.0.0', '--from', at('releases'), '--data', HELD_OUT, '--label', 'churn', '--json');
  const metrics = JSON.parse(evaluated.out) as Metric[];
  const valueOf = (name: string): number => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  const { accuracy, f1 } = expected.heldOut;
  expect(metrics[0]).toMatchObject({ name: 'accuracy', rows: 40 });
  expect(valueOf('accuracy')).toBeCloseTo(accuracy, 10);
  expect(valueOf('f1')).toBeCloseTo(f1, 10);
  const { objects, folder: stored, manifest } = await readRelease(at('releases'), 'score', '1.0.0');
  const place = layout.blob(manifest.reference!.sha256);
  expect(objects.map(({ path }) => path)).toContain(place);
  const reference = parseReference((await stored.read(place))!);
  expect(reference.output?.calibration).toMatchObject({ rows: 40, accuracy });
  expect(reference.output?.labelCounts.reduce((sum, count) => sum + count, 0)).toBe(120);
});

test('the reference counts words, and a device counts those it does not know as others', async () => {
  const { manifest, folder: stored } = await readRelease(at('releases'), 'score', '1.0.0');
  const reference = parseReference((await stored.read(layout.blob(manifest.reference!.sha256)))!);
  expect(reference.features.map(({ kind, name }) => [kind, name])).toEqual([
    ['numeric', 'age'], ['numeric', 'spend'], ['categorical', 'country'], ['categorical', 'plan'],
  ]);
  const country = reference.features[2];
  if (country?.kind !== 'categorical') throw new Error('country has no categories');
  const rows = (await readFile(TRAIN, 'utf8')).trim().split('\n').slice(1).map((row) => row.split(',')[2]);
  const countOf = (word: string): number => rows.filter((one) => one === word).length;
  expect(country.vocabulary.toSorted()).toEqual(expected.words[0]);
  expect(country.counts).toEqual([...country.vocabulary.map(countOf), 0]);

  const fresh = createPerigee({ registry: at('registry'), store: 'memory', telemetry: TELEMETRY });
  const model = await fresh.load('score');
  const { id } = await model.predict({ age: 41, spend: 80.5, country: 'Atlantis', plan: 1 });
  await model.predictMany(recordsOf());
  await model.feedback(id, { label: 'leaves' });
  // Sending fails, and what was counted stays for the preview.
  await fresh.telemetry.flush();
  const preview = JSON.stringify(await fresh.telemetry.preview());
  await fresh.dispose();
  // Of nine rows four have a country that no training row has: XX, constructor, __proto__ and this one.
  const seen = [...country.vocabulary.map((word) => expected.rows.filter((row) => row[2] === word).length), 4];
  expect(preview).toContain(`"country":{"bins":${JSON.stringify(seen)},"missing":0`);
  expect(preview).toContain('"confusion":{"predicted leaves, true leaves":1}');
  expect(preview).not.toContain('Atlantis');
});

const CLASSES = { labels: 'stays,leaves' };

test('a model with one input a column takes records: numbers, whole numbers and text', async () => {
  const pipeline = { preprocess: [FEATURES], postprocess: [{ op: 'top-k', k: 2, tensor: 'probabilities' }] };
  const release = await packed('columns', pipeline, CLASSES);
  const golden = parseGolden(release.objects.get(layout.blob(release.manifest.golden!.sha256))!);
  expect(golden.samples[0]?.feeds).toMatchObject({
    age: { dtype: 'float32', shape: [1, 1], data: [26] },
    country: { dtype: 'string', shape: [1, 1], data: ['DE'] },
    plan: { dtype: 'int64', shape: [1, 1], data: ['10'] },
  });
  expect(referenceOf(release).features[2]).toMatchObject({ kind: 'categorical', name: 'country' });
  await publish(heldRelease(release), publisher, 'stable');
  for (const backend of ['auto', 'wasm', 'native'] as const) {
    const answers = await onDevice('columns', backend, (model) => answersOf(model, recordsOf()));
    expectScores(answers.map(({ leaves }) => leaves), expected.score);
  }
  await onDevice('columns', 'auto', async (model) => {
    const [record] = recordsOf();
    await expect(model.predict({ ...record, plan: 1.5 })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('feature "plan": input "plan" takes whole numbers') as string,
    });
    await expect(model.predict({ ...record, country: true } as unknown as PredictInput)).rejects.toMatchObject({
      code: 'INVALID_INPUT', message: 'feature "country": expected a word, got boolean true.',
    });
    await expect(model.predict({ ...record, country: null })).rejects.toThrow('missing feature country');
    await expect(model.predict({ ...record, Country: 'DE' })).rejects.toThrow('did you mean "country"?');
  });
});

test('numbers and an index go to two inputs, a missing word is imputed, and a logit is made a probability', async () => {
  const preprocess = [
    { op: 'tabular', features: ['age', 'spend', 'country'] },
    { op: 'impute', values: [0, 0, 'AT'] },
    { op: 'index', feature: 'country' },
    scaled(),
    { op: 'inputs', inputs: [{ name: 'numbers', features: ['age', 'spend'] }, { name: 'code', features: ['country'] }] },
  ];
  const release = await packed('mixed', { preprocess, postprocess: [] }, { ...CLASSES, logit: true });
  expect(release.manifest.pipeline?.postprocess).toEqual([
    { op: 'sigmoid' }, { op: 'threshold', threshold: 0.5, positive: 'leaves' },
  ]);
  const codes = parseGolden(release.objects.get(layout.blob(release.manifest.golden!.sha256))!)
    .samples.map(({ feeds }) => feeds['code']);
  // Of DE and FR, the countries of the first two training rows.
  expect(codes).toMatchObject([{ dtype: 'int64', data: ['1'] }, { dtype: 'int64', data: ['2'] }]);
  await publish(heldRelease(release), publisher, 'stable');
  await onDevice('mixed', 'auto', async (model) => {
    const answers = await answersOf(model, expected.rows.map(([age, spend, country]) => ({ age, spend, country })));
    expectScores(answers.map(({ leaves }) => leaves), expected.mixed.map((logit) => 1 / (1 + Math.exp(-logit))));
    const [imputed, given] = await answersOf(model, [[66, 300.25, null], [66, 300.25, 'AT']]);
    expect(imputed).toEqual(given);
  });
});

test('free text is watched without its words, and a word for "missing" is a word where the vocabulary has it', async () => {
  const texts = Array.from({ length: 120 }, (_, i) => `${20 + (i % 50)},5,"Dear Sir ${i}",1`);
  const csv = await file('texts.csv', ['age,spend,country,plan', ...texts].join('\n'));
  const pipeline = { preprocess: [FEATURES], postprocess: [{ op: 'top-k', k: 2, tensor: 'probabilities' }] };
  const free = await packed('columns', pipeline, { ...CLASSES, reference: csv });
  expect(referenceOf(free).features[2]).toEqual({ kind: 'categorical', name: 'country', vocabulary: [], counts: [120], missing: 0 });
  expect(free.notes.join()).toContain('column "country" has more than 100 different texts');

  const codes = await file('codes.csv', 'age,spend,country\n20,1,NA\n30,2,DE\n40,3,\n50,4,QQ\n');
  const words = ['AT', 'DE', 'FR', 'NA', 'ÖST'];
  const preprocess = [
    { op: 'tabular', features: ['age', 'spend', 'country'] }, { op: 'impute', values: [0, 0, 'DE'] }, { op: 'index', feature: 'country', words },
    { op: 'inputs', inputs: [{ name: 'numbers', features: ['age', 'spend'] }, { name: 'code', features: ['country'] }] },
  ];
  const release = await packed('mixed', { preprocess, postprocess: [] }, { reference: codes });
  expect(referenceOf(release).features[2]).toEqual({ kind: 'categorical', name: 'country', vocabulary: ['DE', 'NA'], counts: [1, 1, 1], missing: 1 });
});

const without = (preprocess: object[], postprocess: object[] = []) => ({ preprocess, postprocess });
const tooMany = (): string => ['age,spend,country,plan', ...Array.from({ length: 10_001 }, (_, i) => `1,1,w${i},1`)].join('\n');

test.each<[string, string, () => Promise<[object, Given]>, string]>([
  ['words that nobody gave', 'score', async () => [oneHots(), { reference: null }], 'the step for "country" has no "words". Write them there, or give the training rows'],
  ['an id as a category', 'score', async () => [oneHots(), { reference: await file('ids.csv', tooMany()) }], 'column "country" has 10001 different words; a vocabulary has at most 10000'],
  ['a column of words that is not there', 'score', async () => [oneHots(), { reference: await file('less.csv', 'age,spend\n1,1\n') }], 'less.csv has no column "country", of which'],
  ['a place too many', 'score', async () => [without([FEATURES, { op: 'one-hot', feature: 'country' }, hot('plan'), scaled()]), {}], 'it makes 11 numbers of 4 features, but input "x" takes 10'],
  ['scales that say not of what', 'score', async () => [without([FEATURES, hot('country'), hot('plan'), { op: 'standardize', ...expected.scale }]), {}], '("standardize"): the row has words: name the features to scale'],
  ['a word for a number to impute', 'score', async () => [without([FEATURES, { op: 'impute', values: [1, 2, 3, '1'] }, hot('country'), hot('plan')]), {}], '("impute"): "country" takes words, and 3 is none'],
  ['features that no input is named after', 'mixed', async () => [without([{ op: 'tabular', features: ['age', 'spend', 'plan'] }]), {}], 'feature "age" goes to no input. The model has: numbers, code.'],
  ['an input without feature', 'mixed', async () => [without([{ op: 'tabular', features: ['age', 'spend', 'plan'] }, { op: 'inputs', inputs: [{ name: 'numbers', features: ['age', 'spend'] }, { name: 'number', features: ['plan'] }] }]), {}], 'input "code" gets no feature'],
  ['logits taken for probabilities', 'logit', async () => [oneHots(), { ...CLASSES, positive: 'leaves' }], 'which is no probability from 0 to 1. If the model gives logits, the pipeline needs "sigmoid"'],
  ['a positive that is no label', 'score', async () => [oneHots(), { ...CLASSES, positive: 'goes' }], '--positive goes: the labels are stays and leaves.'],
  ['a threshold without two labels', 'score', async () => [oneHots(), { labels: 'a,b,c', threshold: 0.5 }], 'give --pipeline, and two labels as --labels stays,leaves.'],
  ['a threshold for ranked scores', 'columns', async () => [without([FEATURES], [{ op: 'top-k', k: 1, tensor: 'probabilities' }]), { ...CLASSES, threshold: 0.5 }], 'The pipeline has "top-k" already'],
  ['a threshold for two scores', 'columns', async () => [without([FEATURES], [{ op: 'threshold', threshold: 0.5, positive: 'leaves', tensor: 'probabilities' }]), CLASSES], 'Output "probabilities" has 2 numbers, and "threshold" takes one'],
  ['a label that a threshold does not have', 'score', async () => [without(oneHots().preprocess, [{ op: 'threshold', threshold: 0.5, positive: 'goes' }]), CLASSES], '"threshold" needs two labels, and "goes" as one of them; there are: stays, leaves.'],
])('packing with %s fails and says so', async (_what, model, given, told) => {
  const [pipeline, options] = await given();
  await expect(packed(model, pipeline, options)).rejects.toThrow(told);
});

test('a ready reference profile must have categories where the pipeline takes words', async () => {
  const release = await packed('score', oneHots(), CLASSES);
  const { features, ...rest } = referenceOf(release);
  const numeric = features.map((feature) => (feature.kind === 'categorical' ? { ...features[0], name: feature.name } : feature));
  const profile = await file('numbers.json', { ...rest, features: numeric });
  const preprocess = release.manifest.pipeline!.preprocess;
  const options = { name: 'score', version: '1.0.0', referenceProfile: profile, ...CLASSES, model: join(CHURN, 'score.onnx') };
  await expect(pack({ ...options, pipeline: await file('full.json', { preprocess, postprocess: [] }) }, () => undefined))
    .rejects.toThrow('numbers.json has numbers for "country"; the pipeline takes words for it.');
});
