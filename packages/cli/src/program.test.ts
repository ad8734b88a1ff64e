import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseReference } from '@perigee/profile';
import { layout, parseManifest } from '@perigee/registry';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { runProgram } from './program.ts';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/perigee.js', import.meta.url));
const WDBC = join(MODELS, 'wdbc/versions/1.0.0/model.onnx');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-cli-'));
  process.env['PERIGEE_KEY_PASSPHRASE'] = 'of keys that last a test';
});

/** Creates an empty registry, with its keys beside it. */
async function init(registry: string): Promise<void> {
  expect(
    await perigee('init', '--to', registry, ...keys(), '--root', join(folder, 'root.json')),
  ).toMatchObject({ code: 0 });
}
const keys = (): string[] => ['--keys', join(folder, 'keys')];
afterAll(() => rm(folder, { recursive: true, force: true }));

async function perigee(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

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

  expect(
    await perigee(
      'publish',
      'wdbc@1.0.0',
      ...keys(),
      '--incomplete',
      'a test',
      '--from',
      join(folder, 'releases'),
      '--to',
      registry,
    ),
  ).toMatchObject({ code: 0, out: expect.stringContaining('stable → 1.0.0') as string });
  const again = await perigee(
    'publish',
    'wdbc@1.0.0',
    ...keys(),
    '--incomplete',
    'a test',
    '--from',
    join(folder, 'releases'),
    '--to',
    registry,
  );
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
  await perigee(
    'publish',
    'wdbc@2.0.0',
    ...keys(),
    '--incomplete',
    'a test',
    '--from',
    join(folder, 'releases'),
    '--to',
    registry,
    '--no-channel',
  );
  await packWdbc('2.0.0', '--description', 'other bytes');
  expect(
    await perigee(
      'publish',
      'wdbc@2.0.0',
      ...keys(),
      '--incomplete',
      'a test',
      '--from',
      join(folder, 'releases'),
      '--to',
      registry,
    ),
  ).toMatchObject({ code: 1, err: expect.stringContaining('raise the version') as string });
  expect(
    await perigee('promote', 'wdbc@3.0.0', ...keys(), '--incomplete', 'a test', '--to', registry),
  ).toMatchObject({ code: 1, err: expect.stringContaining('It has: 2.0.0') as string });
  expect(
    await perigee(
      'promote',
      'wdbc@2.0.0',
      ...keys(),
      '--incomplete',
      'a test',
      '--to',
      registry,
      '--channel',
      'canary',
    ),
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

test.each([
  [['pack', 'nothing.onnx', '--name', 'x', '--version', '1.0.0'], 1, 'there is no such file'],
  [['pack', join(MODELS, 'wdbc/README.md'), '--name', 'x', '--version', '1.0.0'], 1, 'not'],
  [['pack', WDBC, '--name', 'x'], 2, "required option '--version"],
  [['pack', WDBC, '--name', 'X', '--version', '1.0.0'], 2, 'expected a model name'],
  [['pack', WDBC, '--name', 'x', '--version', '1.0'], 2, 'expected a semantic version'],
  [
    ['pack', WDBC, '--name', 'x', '--version', '1.0.0', '--golden-count', 'many'],
    2,
    'expected a whole number from 1 to 64',
  ],
  [
    ['pack', WDBC, '--name', 'x', '--version', '1.0.0', '--variants', 'fp32,bf16'],
    2,
    'expected a list of fp32, fp16, int8, int8-dynamic, like fp32,fp16.',
  ],
  [
    ['pack', WDBC, '--name', 'x', '--version', '1.0.0', '--max-loss', '2'],
    2,
    'expected a number from 0 to 1',
  ],
  [['publish', 'digits', '--to', 'x'], 2, 'expected name@version'],
  [['publish', 'digits@1.0.0', '--to', 'https://models.example.com/'], 2, 'expected a folder'],
  [
    ['publish', 'digits@1.0.0', '--to', '/nowhere', '--from', '/nowhere'],
    1,
    'There is no packed release digits@1.0.0',
  ],
  [
    ['publish', 'digits@1.0.0', '--to', 'x', '--channel', '__proto__'],
    2,
    'expected a channel name',
  ],
  [['revoke', 'digits', '--to', 'x', '--reason', 'y'], 2, '✗ expected name@version'],
  [
    ['revoke', 'digits@1.0.0', '--below', '1.0.0', '--to', 'x', '--reason', 'y'],
    2,
    '✗ expected a model name',
  ],
  [
    ['experiment', 'digits', '--id', 'x', '--arm', 'a=1:10', '--to', 'x'],
    2,
    '✗ expected a semantic version',
  ],
  [
    ['experiment', 'digits', '--id', 'x', '--arm', 'a=1.0.0:101', '--to', 'x'],
    2,
    '✗ expected a number from 0 to 100',
  ],
  [['promote', 'digits@1.0.0', '--to', '/nowhere'], 1, 'is not a registry'],
  [['collector', '--port', '70000'], 2, 'expected a whole number from 0 to 65535'],
  [['collector', '--clickhouse', 'localhost'], 1, 'expected an address like https://'],
  [['collector', '--clickhouse', 'http://me:secret@localhost/'], 1, 'PERIGEE_CLICKHOUSE_PASSWORD'],
  [['collector', '--clickhouse-cluster', 'perigee'], 1, 'needs --clickhouse <url>'],
  [['collector', '--clickhouse', 'http://127.0.0.1:9/'], 1, 'ClickHouse at 127.0.0.1:9'],
  [['inspect', join(MODELS, 'wdbc')], 1, 'is neither a registry nor a packed release'],
  [
    ['inspect', join(MODELS, 'digits/labels.json')],
    1,
    'labels.json: the document: expected an object',
  ],
  [['inspect', 'wdbc@stable', '--registry', '/nowhere'], 1, '/nowhere is not a registry'],
  [[], 2, 'Usage: perigee'],
  [['inspect', '/nowhere'], 1, 'There is no file or folder'],
  [['frobnicate'], 2, 'unknown command'],
])('%j ends with exit code %i and says why', async (args, code, message) => {
  const result = await perigee(...args);
  expect(result.code).toBe(code);
  expect(result.err).toContain(message);
});

test('a model file, a packed release and a reference are shown as tables and as JSON', async () => {
  await packWdbc('5.0.0');
  const registry = join(folder, 'third');
  await init(registry);
  await perigee(
    'publish',
    'wdbc@5.0.0',
    ...keys(),
    '--incomplete',
    'a test',
    '--from',
    join(folder, 'releases'),
    '--to',
    registry,
  );
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

test('every command has help with examples', async () => {
  for (const command of ['pack', 'publish', 'promote', 'inspect', 'collector']) {
    const { code, out } = await perigee(command, '--help');
    expect({
      code,
      hasExamples: /Examples:\n {2}perigee /.test(out),
      hasJson: out.includes('--json'),
    }).toEqual({ code: 0, hasExamples: true, hasJson: true });
  }
  expect((await perigee('--version')).out).toMatch(/^\d+\.\d+\.\d+/);
});

test('the collector is started and ends on a signal', async () => {
  const child = spawn(
    process.execPath,
    [BIN, 'collector', '--port', '0', '--data', join(folder, 'collector'), '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  expect(await (await fetch(new URL('v1/health', url))).json()).toMatchObject({ ok: true });
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('the collector gives ClickHouse the user and password of the environment', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response
      .writeHead(403)
      .end('Code: 516. DB::Exception: perigee: Authentication failed. (AUTHENTICATION_FAILED)');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  vi.stubEnv('PERIGEE_CLICKHOUSE_USER', 'perigee');
  vi.stubEnv('PERIGEE_CLICKHOUSE_PASSWORD', 'of the test');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, err } = await perigee(
    'collector',
    '--port',
    '0',
    '--clickhouse',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  );
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringContaining('Authentication failed') as string,
  });
  expect(err).not.toContain('of the test');
  expect(seen).toEqual([`Basic ${btoa('perigee:of the test')}`]);
});

test('the built command runs, helps, and tells its exit code', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, 'pack', '--help']);
  expect(stdout).toContain('Examples:');
  expect((await promisify(execFile)(process.execPath, [BIN, 'inspect', WDBC])).stdout).toMatch(
    /input\s+features\s+float32\s+\[batch, 30\]/,
  );
  await expect(
    promisify(execFile)(process.execPath, [BIN, 'inspect', '/nowhere']),
  ).rejects.toMatchObject({ code: 1 });
});
