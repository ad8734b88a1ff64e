import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReference } from '@perigee/profile';
import { layout, parseManifest } from '@perigee/registry';
import type { Metric } from '@perigee/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { perigee } from '../commands/operator.fixture.ts';
import type { ColumnUse } from '../pack/rows/column-uses.ts';

/** Tests the options for the format of a CSV, and the table of its columns. */
const MODEL = fileURLToPath(new URL('fixtures/abc.onnx', import.meta.url));
const CASES = fileURLToPath(new URL('../../../../e2e/cases/csv', import.meta.url));

let folder = '';
let ok = '';
const made = (name: string): string => join(folder, name);
const given = (name: string): string => join(CASES, name);
const PACKED = ['pack', MODEL, '--name', 'abc', '--version', '1.0.0', '--golden-count', '1'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-csv-options-'));
  ok = await readFile(given('ok.csv'), 'utf8');
  const preprocess = [{ op: 'tabular', features: ['a', 'b', 'c'] }];
  const postprocess = [{ op: 'softmax' }, { op: 'top-k', k: 2 }];
  await writeFile(made('pipeline.json'), JSON.stringify({ preprocess, postprocess }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string | Buffer): Promise<string> {
  await writeFile(made(name), text);
  return made(name);
}

const withPipeline = (): string[] => [
  '--pipeline',
  made('pipeline.json'),
  '--labels',
  'stays,leaves',
];
const pack = (...args: string[]) => perigee(...PACKED, '--out', made('releases'), ...args);

interface Packed {
  readonly csv: { readonly columns: readonly ColumnUse[] };
  readonly warnings: readonly string[];
  readonly calibration?: object;
}

async function packed(...args: string[]): Promise<Packed> {
  const { code, out, err } = await pack(...args, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Packed;
}

async function reference() {
  const at = join(made('releases'), 'abc', '1.0.0');
  const manifest = parseManifest(new Uint8Array(await readFile(join(at, 'manifest.json'))));
  const blob = await readFile(join(at, layout.blob(manifest.reference!.sha256)));
  return parseReference(new Uint8Array(blob));
}

describe('options set what is not found out', () => {
  // ok.csv in other formats, and the options for them.
  const lines = (change: (line: string) => string): string =>
    ok.trimEnd().split('\n').map(change).join('\n');
  const quoted = (line: string): string =>
    line
      .split(',')
      .map((cell) => `"${cell.replace('.', ',')}"`)
      .join(',');
  test.each<[string, () => string | Buffer, ...string[]]>([
    ['colons', () => lines((line) => line.replaceAll(',', ':')), '--csv-delimiter', ':'],
    ['decimal commas in quotes', () => lines(quoted), '--csv-decimal', ','],
    [
      'windows-1252',
      () =>
        Buffer.from(
          lines((line) => `${line},grö\u00DFe`),
          'latin1',
        ),
      '--csv-encoding',
      'windows-1252',
    ],
    [
      'UTF-16 without a byte order mark',
      () => Buffer.from(ok, 'utf16le'),
      '--csv-encoding',
      'utf-16le',
    ],
  ])('%s', async (_how, text, ...told) => {
    const csv = await write('told.csv', text());
    const untold = await pack('--reference', csv, ...withPipeline());
    expect(untold.code).toBe(1);
    const { warnings } = await packed('--reference', csv, ...withPipeline(), ...told);
    expect(warnings).toEqual([]);
    const { features, rows } = await reference();
    expect(rows).toBe(60);
    expect(features.map((one) => one.kind === 'numeric' && [one.name, one.min, one.max])).toEqual([
      ['a', -2.3867, 2.2601],
      ['b', -2.2491, 2.0736],
      ['c', -2.8597, 2.5208],
    ]);
    const evaluated = await perigee(
      'eval',
      'abc@1.0.0',
      '--from',
      made('releases'),
      '--data',
      csv,
      '--label',
      'target',
      '--json',
      ...told,
    );
    expect(evaluated.err).not.toContain('✗');
    const [{ value } = { value: 0 }] = JSON.parse(evaluated.out) as Metric[];
    expect(value).toBeCloseTo(0.8166666666666667, 12);
  });

  test('a cell that is not in UTF-8 is named, with the option', async () => {
    const csv = await write('cell.csv', Buffer.from(ok.replace('stays', 'bl\u00E9'), 'latin1'));
    const { code, err } = await pack('--reference', csv, ...withPipeline());
    expect(code).toBe(1);
    expect(err).toMatch(/cell\.csv is not in UTF-8: line \d+ has "bl\uFFFD"\. Give its encoding/);
    expect(err).toContain('--csv-encoding windows-1252');
  });

  test.each([
    ['--csv-delimiter', 'ab', 'expected one character, or comma'],
    ['--csv-decimal', ';', 'expected "." or ",".'],
    ['--csv-encoding', 'klingon', 'expected an encoding like utf-8'],
  ])('%s %s is refused', async (option, value, message) => {
    const { code, err } = await pack('--reference', given('ok.csv'), option, value);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('pack --reference tells of each column', () => {
  test('which a pipeline watches and which it ignores, and how the file was read', async () => {
    const csv = await write(
      'more.csv',
      ok
        .trimEnd()
        .split('\n')
        .map((line, i) => (i === 0 ? `,${line},note` : `${i},${line},words`))
        .join('\n'),
    );
    const args = ['--reference', csv, ...withPipeline(), '--exclude', 'target'];
    expect((await packed(...args)).csv).toEqual({
      path: csv,
      rows: 60,
      delimiter: ',',
      decimal: '.',
      encoding: 'utf-8',
      columns: [
        {
          column: '',
          use: 'ignored',
          why: 'The first column has no name, like an index that pandas writes.',
        },
        ...['a', 'b', 'c'].map((column, i) => ({
          column,
          use: 'watched',
          why: `Feature ${i + 1} of the pipeline.`,
        })),
        { column: 'target', use: 'ignored', why: 'Named by --exclude.' },
        { column: 'note', use: 'ignored', why: 'The pipeline does not name it.' },
      ],
    });
    const { out, err } = await pack(...args);
    expect(out).toContain('more.csv: 60 rows, commas between cells, decimal points, UTF-8');
    expect(out).toMatch(/\na +watched +Feature 1 of the pipeline\.\n/);
    expect(out).toMatch(/\ntarget +ignored +Named by --exclude\.\n/);
    expect(err).not.toContain('⚠');
  });

  test('without a pipeline nobody counts: a warning gives the pipeline', async () => {
    const args = ['--reference', given('ok.csv'), '--exclude', 'target'];
    const { csv, warnings } = await packed(...args);
    expect(csv.columns.map(({ column, use }) => [column, use])).toEqual([
      ['a', 'uncounted'],
      ['b', 'uncounted'],
      ['c', 'uncounted'],
      ['target', 'ignored'],
    ]);
    expect(warnings).toHaveLength(1);
    const { err } = await pack(...args);
    expect(err).toContain(`⚠ ${warnings[0]}`);
    expect(err).toContain('No device will count into this reference');
    // The pipeline that the message proposes works.
    const [, pipeline = ''] = /like this one: (\{.*\})/.exec(err) ?? [];
    const fixed = await packed(...args, '--pipeline', await write('given.json', pipeline));
    expect(fixed.warnings).toEqual([]);
    const uses = fixed.csv.columns.map(({ use }) => use);
    expect(uses).toEqual(['watched', 'watched', 'watched', 'ignored']);
  });

  test('columns that fit no input give a warning, and so does a finished reference without pipeline', async () => {
    const { warnings } = await packed('--reference', given('cat.csv'), '--exclude', 'target');
    expect(warnings[0]).toContain(
      'Rows of 2 numeric columns (age, income) do not fit any input of the model, which has "',
    );
    await packed('--reference', given('ok.csv'), ...withPipeline());
    const profile = await write('profile.json', JSON.stringify(await reference()));
    const { err } = await pack('--reference-profile', profile);
    expect(err).toContain('⚠ No device will count into this reference');
  });
});

test('pack --calibrate prints and signs how many rows were left out, and why', async () => {
  // 250 of 500 rows have no ground truth; 5 of the others lack "b".
  const text = await readFile(given('lab_NA.csv'), 'utf8');
  const [header = '', ...rows] = text.trimEnd().split('\n');
  const at = header.split(',').indexOf('b');
  let emptied = 0;
  const holes = rows.map((row) => {
    const cells = row.split(',');
    if (cells.at(-1) === 'NA' || emptied >= 5) return row;
    emptied += 1;
    return cells.with(at, '').join(',');
  });
  const csv = await write('holes.csv', [header, ...holes].join('\n'));
  const args = [
    '--reference',
    given('ok.csv'),
    ...withPipeline(),
    '--calibrate',
    csv,
    '--label',
    'target',
  ];
  const { out, err } = await pack(...args);
  expect(out).toMatch(/calibration +245 rows, .+ answered right; 255 rows left out\n/);
  expect(err).toContain(`${csv}: 250 rows without a ground truth in "target" were left out.`);
  expect(err).toContain(`${csv}: 5 rows that lack a feature were left out.`);
  // The manifest, which is signed, has the reference's digest.
  expect((await reference()).output?.calibration).toMatchObject({ rows: 245, leftOut: 255 });
  expect((await packed(...args)).calibration).toMatchObject({ rows: 245, leftOut: 255 });
});
