import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseManifest } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { perigee } from '../commands/operator.fixture.ts';
import { splitCard } from './front-matter.ts';
import { markdownTable } from './markdown-table.ts';

const WDBC = fileURLToPath(new URL('../../../../models/wdbc', import.meta.url));
const DIGEST = 'b'.repeat(64);
const CARD = `---
license: cc-by-4.0
language: [en, de]
tags:
  - medical
  - onnx
base_model: [a/b, c/d]
datasets: uci/wdbc
metrics: [accuracy]
thumbnail: https://example.com/a.png
model-index:
  - name: somebody else's name
    results:
      - task: { type: tabular-classification }
        dataset: { name: Held out, type: uci/wdbc }
        metrics:
          - { type: accuracy, value: 0.97, name: Accuracy }
          - { type: f1, value: 0.96 }
---
# Cells

It tells two kinds apart.
`;

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-card-'));
  await writeFile(at('card.md'), CARD);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pack = (version: string, ...more: string[]) =>
  perigee(
    'pack',
    join(WDBC, 'versions/1.0.0/model.onnx'),
    '--name',
    'wdbc',
    '--version',
    version,
    '--out',
    at('releases'),
    '--golden-count',
    '1',
    '--pipeline',
    join(WDBC, 'pipeline.json'),
    '--labels',
    'malignant,benign',
    ...more,
  );
const manifestOf = async (version: string) =>
  parseManifest(new Uint8Array(await readFile(at(`releases/wdbc/${version}/manifest.json`))));

test('a card’s front matter fills the manifest and is written back whole, unknown fields too', async () => {
  expect(await pack('1.0.0', '--card', at('card.md'))).toMatchObject({ code: 0 });
  expect(await manifestOf('1.0.0')).toMatchObject({
    license: 'cc-by-4.0',
    governance: {
      baseModel: 'a/b, c/d',
      datasets: [{ name: 'uci/wdbc' }],
      metrics: [
        { name: 'accuracy', value: 0.97, dataset: 'Held out' },
        { name: 'f1', value: 0.96, dataset: 'Held out' },
      ],
    },
  });
  const { out } = await perigee('card', 'wdbc@1.0.0', '--from', at('releases'));
  expect(splitCard(out, 'card').front).toEqual({
    license: 'cc-by-4.0',
    library_name: 'perigee',
    language: ['en', 'de'],
    tags: ['onnx', 'perigee', 'medical'],
    pipeline_tag: 'tabular-classification',
    base_model: ['a/b', 'c/d'],
    datasets: ['uci/wdbc'],
    metrics: ['accuracy', 'f1'],
    thumbnail: 'https://example.com/a.png',
    'model-index': [
      {
        name: 'wdbc',
        results: [
          {
            task: { type: 'tabular-classification' },
            dataset: { name: 'Held out', type: 'Held out' },
            metrics: [
              { type: 'accuracy', value: 0.97 },
              { type: 'f1', value: 0.96 },
            ],
          },
        ],
      },
    ],
  });
  expect(out.match(/^---$/gm)).toHaveLength(2);
  expect(splitCard(out, 'card').body).toMatch(
    /^\n# Cells\n\nIt tells two kinds apart\.\n\n## Release\n/,
  );
  expect(out).toContain('Base model: a/b, c/d.');
});

test('what is given beside the card stands for what the card says', async () => {
  await writeFile(
    at('governance.json'),
    JSON.stringify({
      owner: 'Ada',
      trainedWith: 'PyTorch 2.9',
      datasets: [{ name: 'UCI | WDBC', sha256: DIGEST, url: 'https://example.com/' }],
    }),
  );
  expect(
    await pack(
      '1.1.0',
      '--card',
      at('card.md'),
      '--license',
      'MIT',
      '--governance',
      at('governance.json'),
    ),
  ).toMatchObject({ code: 0 });
  const manifest = await manifestOf('1.1.0');
  expect(manifest).toMatchObject({
    license: 'MIT',
    governance: {
      owner: 'Ada',
      baseModel: 'a/b, c/d',
      datasets: [{ name: 'UCI | WDBC', sha256: DIGEST }],
      metrics: [{ name: 'accuracy' }, { name: 'f1' }],
    },
  });
  const { out } = await perigee('card', 'wdbc@1.1.0', '--from', at('releases'));
  expect(out).toContain(`| [UCI \\| WDBC](https://example.com/) |  | ${DIGEST} |`);
  const data = JSON.parse(
    (await perigee('card', 'wdbc@1.1.0', '--from', at('releases'), '--format', 'json')).out,
  ) as object;
  expect(data).toMatchObject({
    name: 'wdbc',
    version: '1.1.0',
    frontMatter: { license: 'mit', tags: ['onnx', 'perigee', 'medical'] },
    text: '# Cells\n\nIt tells two kinds apart.',
    governance: manifest.governance,
    signature: manifest.signature,
    variants: [{ id: 'fp32', sizeBytes: 6878 }],
    tolerance: manifest.golden?.tolerance,
  });
  expect(
    JSON.parse((await perigee('sbom', 'wdbc@1.1.0', '--from', at('releases'))).out),
  ).toMatchObject({
    components: [{ name: 'wdbc', licenses: [{ license: { id: 'MIT' } }] }, { name: 'UCI | WDBC' }],
  });
});

test('a release without a card has one of the facts, and a place is named once', async () => {
  expect(await pack('1.2.0', '--description', 'Tells: two kinds apart.')).toMatchObject({
    code: 0,
  });
  const { out } = await perigee('card', 'wdbc@1.2.0', '--from', at('releases'));
  expect(out).toContain('# wdbc\n\nTells: two kinds apart.\n\n## Release');
  expect(splitCard(out, 'card').front).toMatchObject({ description: 'Tells: two kinds apart.' });
  expect(
    (await perigee('card', 'wdbc@1.2.0', '--from', at('releases'), '--registry', at('registry')))
      .err,
  ).toContain('not both');
  expect((await perigee('card', 'wdbc@9.0.0', '--from', at('releases'))).err).toContain(
    'There is no packed release wdbc@9.0.0',
  );
});

test('the loss that was measured while packing stands beside each variant', async () => {
  expect(await pack('1.3.0', '--variants', 'fp32,int8', '--card', at('card.md'))).toMatchObject({
    code: 0,
  });
  const [fp32, int8] = (await manifestOf('1.3.0')).variants;
  expect(fp32?.loss).toMatchObject({ labelsKept: 1 });
  expect(int8?.loss?.maxError).toBeGreaterThan(0);
  const { out } = await perigee('card', 'wdbc@1.3.0', '--from', at('releases'));
  const columns = [
    /\| int8 \| onnx \| int8 \| \d+ \| \d+ /,
    /\| largest error [\d.]+, mean [\d.]+, 100 % of labels kept /,
    /\| [\d.e-]+ \+ [\d.]+ × value \|/,
  ];
  expect(out).toMatch(new RegExp(columns.map(({ source }) => source).join('')));
});

test.each<[string, string, string]>([
  ['YAML that is none', '---\nlicense: [mit\n---\n', 'wrong.md: the front matter is not YAML'],
  [
    'front matter that is text',
    '---\njust text\n---\n',
    'wrong.md: the front matter between its lines of "---" has no named fields',
  ],
  [
    'a list of licences',
    '---\nlicense: [mit, apache-2.0]\n---\n',
    'wrong.md: license: expected text, got ["mit","apache-2.0"]',
  ],
  [
    'a value in percent',
    '---\nmodel-index:\n- name: a\n  results:\n  - metrics:\n    - type: f1\n      value: 97 ' +
      '%\n---\n',
    'wrong.md: model-index[0].results[0].metrics[0].value: expected a finite number, got "97 %"',
  ],
  [
    'a dataset that is no name',
    '---\ndatasets: [5]\n---\n',
    'wrong.md: datasets[0]: expected text, got 5',
  ],
])('%s ends the packing', async (_what, text, told) => {
  await writeFile(at('wrong.md'), text);
  const { code, err } = await pack('2.0.0', '--card', at('wrong.md'));
  expect(code).toBe(1);
  expect(err).toContain(told);
});

test('a misspelt field of a metric or dataset is told too', async () => {
  await writeFile(
    at('wrong.json'),
    JSON.stringify({ metrics: [{ name: 'f1', value: 1, dateset: 'x' }] }),
  );
  expect((await pack('2.0.0', '--governance', at('wrong.json'))).err).toContain(
    'has a field "metrics[0].dateset"',
  );
  await writeFile(at('wrong.json'), JSON.stringify({ datasets: [{ name: 'x', digest: DIGEST }] }));
  expect((await pack('2.0.0', '--governance', at('wrong.json'))).err).toContain(
    'has a field "datasets[0].digest"',
  );
});

test('front matter is what stands between two lines of three dashes at the very beginning', () => {
  expect(splitCard('---\r\na: 1\r\n---\r\ntext', '')).toEqual({ front: { a: 1 }, body: 'text' });
  expect(splitCard('---\n---\ntext', '')).toEqual({ front: {}, body: 'text' });
  expect(splitCard('# a\n---\na: 1\n---\n', '')).toEqual({
    front: {},
    body: '# a\n---\na: 1\n---\n',
  });
  expect(splitCard('---\na: x---\nb: ---\n---\ntext', '')).toEqual({
    front: { a: 'x---', b: '---' },
    body: 'text',
  });
  expect(splitCard('---\na: 1\nnever closed', '')).toEqual({
    front: {},
    body: '---\na: 1\nnever closed',
  });
  expect(splitCard('', '')).toEqual({ front: {}, body: '' });
});

test('a cell cannot leave its table', () => {
  expect(markdownTable(['a'], [['x | y\n| z \\| w']])).toBe(
    '| a |\n| --- |\n| x \\| y \\| z \\\\\\| w |',
  );
});
