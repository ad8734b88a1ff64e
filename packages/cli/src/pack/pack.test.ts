import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReference } from '@perigee/profile';
import { decodeChunk, layout, parseGolden } from '@perigee/registry';
import type { GoldenSamples } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from './pack.ts';
import type { PackedRelease } from './packed-release.ts';
import type { PackOptions } from './pack-options.ts';

/** Files written by the onnx package: fixtures/make-fixtures.py. */
const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}.onnx`, import.meta.url));
const MODELS = fileURLToPath(new URL('../../../../models', import.meta.url));
const WDBC = join(MODELS, 'wdbc/versions/1.0.0/model.onnx');
const DIGITS = join(MODELS, 'digits/versions/1.0.0/model.onnx');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-pack-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const packed = (model: string, options: Partial<PackOptions> = {}): Promise<PackedRelease> =>
  pack({ model, name: 'model', version: '1.0.0', ...options }, () => undefined);

function goldenOf({ manifest, objects }: PackedRelease): GoldenSamples {
  return parseGolden(objects.get(layout.blob(manifest.golden!.sha256))!);
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('golden samples come from running the model, end with a batch of two, and are reproducible', async () => {
  const first = await packed(WDBC);
  const golden = goldenOf(first);
  expect(golden.samples.map(({ feeds }) => feeds['features']?.shape[0])).toEqual([
    1, 1, 1, 1, 1, 1, 1, 2,
  ]);
  expect(first.golden.every(({ passed }) => passed)).toBe(true);
  expect((await packed(WDBC)).manifestBytes).toEqual(first.manifestBytes);
  expect(goldenOf(await packed(WDBC, { goldenCount: 3 })).samples).toHaveLength(3);
});

test('a model of float16 is packed as fp16, its samples as numbers', async () => {
  const release = await packed(fixture('half'));
  expect(release.manifest.variants).toMatchObject([{ id: 'fp16', dtype: 'float16' }]);
  const { feeds, outputs } = goldenOf(release).samples[0]!;
  const x = feeds['x']!.data as number[];
  const y = outputs['y']!.data as number[];
  expect(y[1]).toBeCloseTo(-3 * x[1]!, 2);
  expect(Math.abs(y[2]! - 1_000 * x[2]!)).toBeLessThanOrEqual(0.5);
});

test('64-bit integers keep every digit', async () => {
  const [sample] = goldenOf(await packed(fixture('ids'))).samples;
  for (const [i, id] of (sample?.feeds['ids']?.data ?? []).entries())
    expect(sample?.outputs['shifted']?.data[i]).toBe((2n ** 60n + 1n + BigInt(id)).toString());
});

test('outputs that are not finite are kept and compared as what they are', async () => {
  const release = await packed(fixture('infinite'));
  expect(goldenOf(release).samples[0]?.outputs['y']?.data).toEqual(['-Infinity', '-Infinity']);
  expect(release.golden[0]).toMatchObject({ passed: true });
  const golden = goldenOf(release);
  const path = await file('finite.json', {
    ...golden,
    samples: [
      {
        ...golden.samples[0],
        outputs: { y: { dtype: 'float32', shape: [1, 2], data: [0, '-Infinity'] } },
      },
    ],
  });
  await expect(packed(fixture('infinite'), { golden: path })).rejects.toThrow(
    'does not reproduce 1 of 1 golden outputs',
  );
});

test('weights in a file beside the model are cut at their tensors and shipped', async () => {
  const { manifest } = await packed(fixture('external'));
  const [variant] = manifest.variants;
  expect(variant?.files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
    ['external.onnx', expect.any(Number)],
    ['external.bin', (64 * 32 + 32) * 4],
  ]);
  expect(variant?.files[1]?.chunks.map((index) => variant.chunks[index]?.sizeBytes)).toEqual([
    64 * 32 * 4,
    32 * 4,
  ]);
});

test('with a tabular pipeline the samples are the first rows of the CSV, as the pipeline feeds them', async () => {
  const release = await packed(WDBC, {
    pipeline: join(MODELS, 'wdbc/pipeline.json'),
    reference: join(MODELS, 'wdbc/train.csv'),
    labels: 'malignant,benign',
    goldenCount: 2,
  });
  const pipeline = JSON.parse(await readFile(join(MODELS, 'wdbc/pipeline.json'), 'utf8')) as {
    preprocess: { mean?: number[]; std?: number[]; features?: string[] }[];
  };
  const [header = '', row = ''] = (await readFile(join(MODELS, 'wdbc/train.csv'), 'utf8')).split(
    '\n',
  );
  const { mean, std } = pipeline.preprocess.find((step) => step.mean)!;
  const raw = Number(
    row.split(',')[header.split(',').indexOf(pipeline.preprocess[0]!.features![3]!)],
  );
  const golden = goldenOf(release);
  expect(golden.samples.map(({ id }) => id)).toEqual(['row-1', 'row-2']);
  expect(golden.samples[0]?.feeds['features']?.data[3]).toBeCloseTo(
    (raw - mean![3]!) / std![3]!,
    4,
  );
});

test('a reference counts what the model answers on the rows, those left out that the pipeline refuses', async () => {
  const pipeline = join(MODELS, 'wdbc/pipeline.json');
  const { features } = (
    JSON.parse(await readFile(pipeline, 'utf8')) as { preprocess: { features: string[] }[] }
  ).preprocess[0]!;
  const cells = features.map(() => '1');
  const csv = await file(
    'gaps.csv',
    [features, cells, ['NA', ...cells.slice(1)], ['nan', ...cells.slice(1)], cells]
      .map((row) => row.join(','))
      .join('\n'),
  );
  const { manifest, objects } = await packed(WDBC, {
    pipeline,
    reference: csv,
    labels: 'malignant,benign',
  });
  const reference = parseReference(objects.get(layout.blob(manifest.reference!.sha256))!);
  expect([
    reference.rows,
    reference.features[0]?.missing,
    reference.output?.labelCounts.reduce((a, b) => a + b, 0),
  ]).toEqual([4, 2, 2]);
});

test('rows the model was not trained on say how likely an answer is right by its score', async () => {
  const { manifest, objects } = await packed(WDBC, {
    pipeline: join(MODELS, 'wdbc/pipeline.json'),
    reference: join(MODELS, 'wdbc/train.csv'),
    labels: 'malignant,benign',
    calibrate: join(MODELS, 'wdbc/held-out.csv'),
    label: 'diagnosis',
    goldenCount: 2,
    segments: ['clinic', 'home'],
  });
  const { calibration } = parseReference(
    objects.get(layout.blob(manifest.reference!.sha256))!,
  ).output!;
  expect(calibration).toMatchObject({ rows: 113 });
  // The card states 111 of 113.
  expect(calibration!.accuracy).toBeCloseTo(0.9823, 4);
  expect(calibration!.probabilities).toHaveLength(100);
  expect(manifest.segments).toEqual(['clinic', 'home']);
});

test('a release has all its objects, whole, also those that are parts of the file as they are', async () => {
  const encodings = new Set<string>();
  for (const model of [WDBC, DIGITS, fixture('half')]) {
    const { manifest, objects } = await packed(model);
    for (const { chunks, files } of manifest.variants) {
      const file = await readFile(model);
      const parts = await Promise.all(
        chunks.map((chunk) =>
          decodeChunk(chunk, objects.get(layout.blob(chunk.sha256, chunk.encoding))!),
        ),
      );
      const bytes = Buffer.concat(files[0]!.chunks.map((index) => parts[index]!));
      expect(bytes.equals(file)).toBe(true);
      for (const { encoding } of chunks) encodings.add(encoding);
    }
  }
  expect(encodings).toContain('identity');
});

test('a ready reference profile is taken as it is', async () => {
  const bytes = await readFile(join(MODELS, 'digits/versions/1.0.0/reference.json'));
  const { manifest, objects } = await packed(DIGITS, {
    referenceProfile: join(MODELS, 'digits/versions/1.0.0/reference.json'),
    pipeline: join(MODELS, 'digits/pipeline.json'),
    labels: join(MODELS, 'digits/labels.json'),
  });
  expect(Buffer.from(objects.get(layout.blob(manifest.reference!.sha256))!).equals(bytes)).toBe(
    true,
  );
  await expect(
    packed(DIGITS, { referenceProfile: await file('no-reference.json', {}) }),
  ).rejects.toThrow('no-reference.json: ');
});

test.each<[string, () => Promise<Partial<PackOptions>>, string]>([
  [
    'labels that are not as many as the scores',
    async () => ({ pipeline: join(MODELS, 'digits/pipeline.json'), labels: 'zero,one' }),
    'output "logits" has 10 scores. --labels needs one label for each score, in their order.',
  ],
  ['a label twice', async () => ({ labels: 'a,b,a' }), 'a label occurs twice'],
  [
    'an empty label',
    async () => ({ labels: 'a,,b' }),
    'expected a list of texts, none of them empty',
  ],
  [
    'a pipeline for another size',
    async () => ({
      pipeline: await file('size.json', {
        preprocess: [
          { op: 'image' },
          { op: 'grayscale' },
          { op: 'resize', width: 9, height: 9, method: 'area' },
          { op: 'layout', to: 'NCHW' },
        ],
        postprocess: [],
      }),
    }),
    'The pipeline does not fit the model: ',
  ],
  [
    'a pipeline of unknown steps',
    async () => ({
      pipeline: await file('steps.json', {
        preprocess: [{ op: 'image' }, { op: 'eval' }],
        postprocess: [],
      }),
    }),
    'steps.json: preprocess[1].op: expected',
  ],
  [
    'a pipeline that is no JSON',
    async () => ({ pipeline: await file('broken.json', '{') }),
    'broken.json: The pipeline cannot be read: it is not JSON',
  ],
  [
    'golden samples without any',
    async () => ({ golden: await file('none.json', { schema: 'perigee-golden/1', samples: [] }) }),
    'There are no golden samples.',
  ],
  [
    'golden samples that expect nothing',
    async () => ({
      golden: await file('nothing.json', {
        schema: 'perigee-golden/1',
        samples: [{ id: 'a', feeds: {}, outputs: {} }],
      }),
    }),
    'Golden sample "a" expects no output.',
  ],
  ['no golden samples at all', async () => ({ goldenCount: 0 }), 'must be from 1 to 64; it is 0'],
  [
    'rows to calibrate with, and no column',
    async () => ({ reference: 'a.csv', calibrate: 'b.csv' }),
    '--calibrate and --label need each other',
  ],
  [
    'rows to calibrate with, and no labels',
    async () => ({ reference: await file('one.csv', 'a\n1\n'), calibrate: 'b.csv', label: 'y' }),
    '--calibrate is for models that answer rows of a CSV with labels',
  ],
  ['two references', async () => ({ reference: 'a.csv', referenceProfile: 'b.json' }), 'not both'],
  [
    'a CSV without numbers',
    async () => ({ reference: await file('texts.csv', 'a,b\nx,y\n') }),
    'texts.csv has no numeric column. It has: a, b.',
  ],
  [
    'a CSV of uneven rows',
    async () => ({ reference: await file('uneven.csv', 'a,b\n1\n') }),
    'uneven.csv cannot be read as CSV',
  ],
  [
    'a CSV with a column twice',
    async () => ({ reference: await file('twice.csv', 'a,a\n1,2\n') }),
    'has two columns "a"',
  ],
  [
    'an excluded column that is not there',
    async () => ({ reference: await file('one.csv', 'a\n1\n'), exclude: ['target'] }),
    'one.csv has no such column. It has: a.',
  ],
])('packing with %s fails and says so', async (_what, options, message) => {
  await expect(packed(DIGITS, await options())).rejects.toThrow(message);
});

test('a model whose data file is missing, or outside its folder, is refused', async () => {
  const bytes = await readFile(fixture('external'));
  const alone = join(folder, 'external.onnx');
  await writeFile(alone, bytes);
  await expect(packed(alone)).rejects.toThrow(
    /external\.bin cannot be read: there is no such file/,
  );
  const outside = Buffer.from(bytes);
  for (let at = outside.indexOf('external.bin'); at >= 0; at = outside.indexOf('external.bin'))
    outside.write('../../secret', at);
  await writeFile(alone, outside);
  await expect(packed(alone)).rejects.toThrow('not a plain path inside its folder');
});

test('a data file that is a link to a file outside the folder is refused; inside it is followed', async () => {
  const place = join(folder, 'links');
  await mkdir(join(place, 'data'), { recursive: true });
  const model = join(place, 'external.onnx');
  await writeFile(model, await readFile(fixture('external')));
  const bytes = await readFile(join(dirname(fixture('external')), 'external.bin'));
  await writeFile(join(folder, 'secret.bin'), bytes);
  await symlink(join('..', 'secret.bin'), join(place, 'external.bin'));
  await expect(packed(model)).rejects.toThrow(
    /"external\.bin", which is a link to a file outside its folder/,
  );
  await rm(join(place, 'external.bin'));
  await writeFile(join(place, 'data', 'weights.bin'), bytes);
  await symlink(join('data', 'weights.bin'), join(place, 'external.bin'));
  const { manifest } = await packed(model);
  expect(manifest.variants[0]?.files[1]?.sha256).toBe(
    createHash('sha256').update(bytes).digest('hex'),
  );
});
