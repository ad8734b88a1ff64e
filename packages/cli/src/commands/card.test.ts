import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { MODELS, WDBC } from '../program.fixture.ts';
import { done, perigee } from './operator.fixture.ts';

const DIGEST = 'a'.repeat(64);

let folder = '';
const at = (name: string): string => join(folder, name);
const signing = (): string[] => ['--to', at('registry'), '--keys', at('keys')];

const pack = (version: string, ...more: string[]) =>
  perigee(
    'pack',
    WDBC,
    '--name',
    'wdbc',
    '--version',
    version,
    '--out',
    at('releases'),
    '--pipeline',
    join(MODELS, 'wdbc/pipeline.json'),
    '--labels',
    'malignant,benign',
    '--golden-count',
    '2',
    ...more,
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-govern-'));
  process.env['PERIGEE_KEY_PASSPHRASE'] = 'of keys that last a test';
  await writeFile(
    at('governance.json'),
    JSON.stringify({
      owner: 'Ada',
      intendedUse: 'Showing an SDK.',
      outOfScopeUse: 'Diagnosis.',
      metrics: [
        { name: 'accuracy', value: 0.97, dataset: 'held-out' },
        { name: 'accuracy', value: 0.95, dataset: 'held-out', slice: 'large' },
      ],
      datasets: [{ name: 'UCI WDBC', sha256: DIGEST, license: 'CC BY 4.0' }],
      codeCommit: '0123abc',
    }),
  );
  await done(perigee('init', ...signing(), '--root', at('root.json')));
  await done(pack('1.0.0'));
  await done(
    pack(
      '1.1.0',
      '--governance',
      at('governance.json'),
      '--license',
      'MIT',
      '--card',
      join(MODELS, 'wdbc/README.md'),
      '--description',
      'Tells two kinds apart.',
    ),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('stable refuses an incomplete release and lists its gaps, unless a reason is given', async () => {
  const refused = await perigee('publish', 'wdbc@1.0.0', '--from', at('releases'), ...signing());
  expect(refused.code).toBe(1);
  for (const lack of ['a model card', 'a licence', 'metrics', 'an owner', 'an intended use'])
    expect(refused.err).toContain(lack);
  expect(
    await perigee(
      'publish',
      'wdbc@1.0.0',
      '--from',
      at('releases'),
      ...signing(),
      '--channel',
      'canary',
    ),
  ).toMatchObject({ code: 0 });
  expect((await perigee('promote', 'wdbc@1.0.0', ...signing())).err).toContain('a model card');
  expect(
    await perigee('promote', 'wdbc@1.0.0', ...signing(), '--incomplete', 'the first one'),
  ).toMatchObject({ code: 0 });
  expect((await perigee('log', 'wdbc', '--registry', at('registry'))).out).toContain(
    'incomplete: the first one',
  );
  expect(
    await perigee('publish', 'wdbc@1.1.0', '--from', at('releases'), ...signing()),
  ).toMatchObject({ code: 0, out: expect.stringContaining('stable → 1.1.0') as string });
});

test('the card has front matter of the Hub, the author’s text and the facts', async () => {
  const { out } = await perigee('card', 'wdbc@1.1.0', '--registry', at('registry'));
  expect(out).toMatch(/^---\nlicense: mit\nlibrary_name: perigee\n/);
  expect(out).toContain('model-index:\n  - name: wdbc');
  expect(out).toContain('          - type: accuracy\n            value: 0.97');
  expect(out).toContain(
    (await readFile(join(MODELS, 'wdbc/README.md'), 'utf8')).trim().split('\n')[0],
  );
  expect(out).toContain('| accuracy | 0.95 | held-out | large |');
  expect(out).toContain(`| UCI WDBC | CC BY 4.0 | ${DIGEST} |`);
});

test('the bill of materials names files, data, licence and metrics, and is the same every time', async () => {
  const { out } = await perigee('sbom', 'wdbc@1.1.0', '--registry', at('registry'));
  expect((await perigee('sbom', 'wdbc@1.1.0', '--registry', at('registry'))).out).toBe(out);
  expect(JSON.parse(out)).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: expect.stringMatching(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ) as string,
    components: [
      {
        type: 'machine-learning-model',
        name: 'wdbc',
        version: '1.1.0',
        licenses: [{ license: { id: 'MIT' } }],
        modelCard: {
          quantitativeAnalysis: {
            performanceMetrics: [{ type: 'accuracy', value: '0.97' }, { slice: 'large' }],
          },
        },
        components: [{ type: 'file', name: 'fp32/model.onnx' }],
      },
      { type: 'data', name: 'UCI WDBC', hashes: [{ alg: 'SHA-256', content: DIGEST }] },
    ],
  });
});

test('two versions of the same weights differ in what is said of them, and cost nothing to fetch', async () => {
  const { out } = await perigee('diff', 'wdbc@1.0.0', 'wdbc@1.1.0', '--registry', at('registry'));
  expect(out).toMatch(/fp32 +[\d.]+ KB +0 B +0\.0 % +0 +0/);
  expect(out).toContain('the licence differs');
  expect(
    (await perigee('diff', 'wdbc@1.0.0', 'wdbc@9.0.0', '--registry', at('registry'))).err,
  ).toContain('It has: 1.0.0, 1.1.0');
});

test('a misspelt field of a governance file is told', async () => {
  await writeFile(at('wrong.json'), JSON.stringify({ intended: 'x' }));
  expect((await pack('3.0.0', '--governance', at('wrong.json'))).err).toContain(
    'has a field "intended"',
  );
});

test('a release is evaluated on labelled rows through its own pipeline, whole and by slice', async () => {
  const [head = '', ...lines] = (await readFile(join(MODELS, 'wdbc/train.csv'), 'utf8'))
    .trim()
    .split('\n');
  const rows = lines.slice(0, 60).map((line, i) => `${line},${i % 2 === 0 ? 'even' : 'odd'}`);
  await writeFile(at('rows.csv'), [`${head.trim()},part`, ...rows].join('\n'));
  const { code, out } = await perigee(
    'eval',
    'wdbc@1.1.0',
    '--from',
    at('releases'),
    '--data',
    at('rows.csv'),
    '--label',
    'diagnosis',
    '--slice',
    'part',
    '--json',
  );
  expect(code).toBe(0);
  const metrics = JSON.parse(out) as {
    name: string;
    value: number;
    slice?: string;
    dataset: string;
  }[];
  expect(metrics.filter(({ slice }) => slice === undefined).map(({ name }) => name)).toEqual([
    'accuracy',
    'precision',
    'recall',
    'f1',
  ]);
  expect(metrics.filter(({ name }) => name === 'accuracy').map(({ slice }) => slice)).toEqual([
    undefined,
    'part = even',
    'part = odd',
  ]);
  expect(metrics[0]!.value).toBeGreaterThan(0.9);
  expect(
    (
      await perigee(
        'eval',
        'wdbc@1.1.0',
        '--from',
        at('releases'),
        '--data',
        at('rows.csv'),
        '--label',
        'nothing',
      )
    ).err,
  ).toContain('has no column "nothing"');
});

test('the plain TUF client speaks the protocol of the public suite and refuses changed files', async () => {
  const server = createServer(
    (request, response) =>
      void readFile(join(at('registry'), decodeURIComponent(request.url ?? ''))).then(
        (bytes) => response.end(request.url === tampered ? 'changed' : bytes),
        () => response.writeHead(404).end(),
      ),
  );
  let tampered = '';
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (...args: string[]) =>
    perigee(
      'tuf',
      '--metadata-dir',
      at('trusted'),
      '--metadata-url',
      `${url}/metadata`,
      '--target-name',
      'models/wdbc/1.1.0/manifest.json',
      '--target-base-url',
      `${url}/targets`,
      '--target-dir',
      at('downloads'),
      ...args,
    );
  expect((await client('refresh')).code).toBe(1);
  expect((await client('init', at('root.json'))).code).toBe(0);
  expect((await client('refresh')).code).toBe(0);
  expect((await readdir(at('trusted'))).toSorted()).toEqual([
    'root.json',
    'snapshot.json',
    'targets.json',
    'timestamp.json',
  ]);
  expect((await client('download')).code).toBe(0);
  expect(
    JSON.parse(
      await readFile(
        join(at('downloads'), encodeURIComponent('models/wdbc/1.1.0/manifest.json')),
        'utf8',
      ),
    ),
  ).toMatchObject({ name: 'wdbc', version: '1.1.0' });
  tampered = '/metadata/timestamp.json';
  expect((await client('refresh')).code).toBe(1);
  expect((await client('frobnicate')).err).toContain('use init, refresh or download');
});
