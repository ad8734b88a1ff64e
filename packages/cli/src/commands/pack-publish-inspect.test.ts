import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference } from '@perigee/profile';
import { layout, parseManifest } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODELS, WDBC } from '../program.fixture.ts';
import { perigee } from './operator.fixture.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-cli-'));
  process.env['PERIGEE_KEY_PASSPHRASE'] = 'of keys that last a test';
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Creates an empty registry, with its keys beside it. */
async function init(registry: string): Promise<void> {
  expect(
    await perigee('init', '--to', registry, ...keys(), '--root', join(folder, 'root.json')),
  ).toMatchObject({ code: 0 });
}
const keys = (): string[] => ['--keys', join(folder, 'keys')];
/** For a command that changes a registry whose releases are not governed. */
const signed = (registry: string): string[] => [
  ...keys(),
  '--incomplete',
  'a test',
  '--to',
  registry,
];

const packWdbc = (version: string, ...more: string[]) =>
  perigee(
    'pack',
    WDBC,
    '--name',
    'wdbc',
    '--version',
    version,
    '--out',
    join(folder, 'releases'),
    ...more,
  );

const publish = (ref: string, registry: string, ...more: string[]) =>
  perigee('publish', ref, ...signed(registry), '--from', join(folder, 'releases'), ...more);

test('a model is packed with pipeline, labels, reference and samples, published and inspected', async () => {
  const registry = join(folder, 'registry');
  await init(registry);
  const packed = await packWdbc(
    '1.0.0',
    '--pipeline',
    join(MODELS, 'wdbc/pipeline.json'),
    '--labels',
    'malignant,benign',
    '--golden',
    join(MODELS, 'wdbc/versions/1.0.0/golden.json'),
    '--reference',
    join(MODELS, 'wdbc/train.csv'),
    '--exclude',
    'diagnosis',
    '--license',
    'MIT',
    '--json',
  );
  expect(packed).toMatchObject({ code: 0 });
  expect(JSON.parse(packed.out)).toMatchObject({
    name: 'wdbc',
    version: '1.0.0',
    golden: expect.arrayContaining([expect.objectContaining({ passed: true })]) as unknown,
  });

  expect(await publish('wdbc@1.0.0', registry)).toMatchObject({
    code: 0,
    out: expect.stringContaining('stable → 1.0.0') as string,
  });
  const again = await publish('wdbc@1.0.0', registry);
  expect(again.out).toContain('nothing to change');
  expect(JSON.parse((await perigee('inspect', registry, '--json')).out)).toEqual({
    metadataVersion: 2,
    models: [{ name: 'wdbc', versions: ['1.0.0'], channels: { stable: { version: '1.0.0' } } }],
  });

  const manifest = JSON.parse(
    (await perigee('inspect', 'wdbc', '--registry', registry, '--json')).out,
  ) as ReturnType<typeof parseManifest>;
  expect(manifest).toMatchObject({
    license: 'MIT',
    labels: ['malignant', 'benign'],
    signature: { inputs: [{ name: 'features', shape: ['batch', 30] }] },
  });
  const reference = parseReference(
    await readFile(join(registry, layout.blob(manifest.reference!.sha256))),
  );
  expect(reference).toMatchObject({ rows: 456, features: { length: 30 } });
  expect(reference.output!.labelCounts.reduce((a, b) => a + b, 0)).toBe(456);
  expect(await readdir(join(registry, 'metadata'))).toEqual(
    expect.arrayContaining([
      'timestamp.json',
      '1.snapshot.json',
      '1.targets.json',
      '1.channels.json',
    ]),
  );
});

test('a published version never changes, and a channel moves only to what is published', async () => {
  const registry = join(folder, 'second');
  await init(registry);
  await packWdbc('2.0.0');
  await publish('wdbc@2.0.0', registry, '--no-channel');
  await packWdbc('2.0.0', '--description', 'other bytes');
  expect(await publish('wdbc@2.0.0', registry)).toMatchObject({
    code: 1,
    err: expect.stringContaining('raise the version') as string,
  });
  expect(await perigee('promote', 'wdbc@3.0.0', ...signed(registry))).toMatchObject({
    code: 1,
    err: expect.stringContaining('It has: 2.0.0') as string,
  });
  expect(
    await perigee('promote', 'wdbc@2.0.0', ...signed(registry), '--channel', 'canary'),
  ).toMatchObject({ code: 0, out: expect.stringContaining('canary → 2.0.0') as string });
});

test('golden samples the model does not reproduce end the packing with a table of errors', async () => {
  const golden = JSON.parse(
    await readFile(join(MODELS, 'wdbc/versions/1.0.0/golden.json'), 'utf8'),
  ) as { samples: { outputs: { logits: { data: number[] } } }[] };
  golden.samples[2]!.outputs.logits.data[0]! += 0.5;
  await writeFile(join(folder, 'wrong.json'), JSON.stringify(golden));
  const result = await packWdbc('9.0.0', '--golden', join(folder, 'wrong.json'));
  expect(result.code).toBe(1);
  expect(result.err).toContain('does not reproduce 1 of 10 golden outputs');
  expect(result.err).toMatch(/held-out-2 +logits +0\.5/);
});

test('variants are shown as a table and as JSON, and when the release is inspected', async () => {
  const { code, out } = await packWdbc(
    '6.0.0',
    '--variants',
    'fp32, fp16',
    '--labels',
    'malignant,benign',
    '--pipeline',
    join(MODELS, 'wdbc/pipeline.json'),
  );
  expect(code).toBe(0);
  const rows = [
    /variant +size +on the wire +max \|Δ\| +mean \|Δ\| +of largest +labels kept +create ms +run ms\n/,
    /.+\nfp32 .+ 100 % .+\nfp16 .+ 100 % /,
  ];
  expect(out).toMatch(new RegExp(rows.map(({ source }) => source).join('')));
  const again = await packWdbc('6.0.1', '--variants', 'fp32,fp16', '--json');
  expect(JSON.parse(again.out)).toMatchObject({
    variants: [{ id: 'fp32', loss: { fault: null } }, { id: 'fp16' }],
    dropped: [],
  });
  expect((await perigee('inspect', join(folder, 'releases/wdbc/6.0.0'))).out).toMatch(
    /fp16 +onnx +float16 /,
  );
});

test('a reference without pipeline takes every numeric column that is not excluded', async () => {
  await writeFile(join(folder, 'rows.csv'), 'a,b,name,target\n1,2,x,0\n3,,y,1\n5,6,z,0\n');
  const { code, err } = await packWdbc(
    '4.0.0',
    '--reference',
    join(folder, 'rows.csv'),
    '--exclude',
    'target',
  );
  expect({ code, err: err.includes('✗') }).toEqual({ code: 0, err: false });
  const manifest = parseManifest(await readFile(join(folder, 'releases/wdbc/4.0.0/manifest.json')));
  const reference = parseReference(
    await readFile(join(folder, 'releases/wdbc/4.0.0', layout.blob(manifest.reference!.sha256))),
  );
  expect(reference.features.map(({ name, missing }) => [name, missing])).toEqual([
    ['a', 0],
    ['b', 1],
  ]);
});

test('a model file, a packed release and a reference are shown as tables and as JSON', async () => {
  await packWdbc('5.0.0');
  const registry = join(folder, 'third');
  await init(registry);
  await publish('wdbc@5.0.0', registry);
  expect((await perigee('inspect', join(folder, 'releases/wdbc/5.0.0'))).out).toMatch(
    /^wdbc@5\.0\.0/,
  );
  expect((await perigee('inspect', 'wdbc@^5', '--registry', registry)).out).toMatch(
    /^wdbc@\^5 is 5\.0\.0 \(newest version in \^5\)/,
  );
  expect((await perigee('inspect', 'wdbc@^6', '--registry', registry)).err).toContain(
    'no version is in the range ^6. It has: 5.0.0',
  );
  const { out } = await perigee('inspect', WDBC, '--json');
  const model = JSON.parse(out) as {
    sizeBytes: number;
    opsets: unknown;
    operators: unknown;
    files: { chunks: { sizeBytes: number }[] }[];
  };
  expect(
    model.files.flatMap(({ chunks }) => chunks).reduce((sum, chunk) => sum + chunk.sizeBytes, 0),
  ).toBe(model.sizeBytes);
  expect((await perigee('inspect', WDBC)).out).toMatch(/operator +count\n─+ +─+\nGemm +\d/);
});
