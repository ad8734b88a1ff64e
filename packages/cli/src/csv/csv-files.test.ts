import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReference } from '@perigee/profile';
import { layout, parseManifest } from '@perigee/registry';
import type { Metric } from '@perigee/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { done, perigee } from '../commands/operator.fixture.ts';

/**
 * Typical CSV files, read by the three commands that read CSV. The expected numbers are the output
 * of fixtures/make-fixtures.py.
 */
const MODEL = fileURLToPath(new URL('fixtures/abc.onnx', import.meta.url));
const CASES = fileURLToPath(new URL('../../../../e2e/cases/csv', import.meta.url));

let folder = '';
const made = (name: string): string => join(folder, name);
const given = (name: string): string => join(CASES, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-csv-'));
  const tabular = { op: 'tabular', features: ['a', 'b', 'c'] };
  const postprocess = [{ op: 'softmax' }, { op: 'top-k', k: 2 }];
  await writeFile(made('strict.json'), JSON.stringify({ preprocess: [tabular], postprocess }));
  const preprocess = [tabular, { op: 'impute', values: [0, 1.5, 0] }];
  await writeFile(made('imputing.json'), JSON.stringify({ preprocess, postprocess }));
  const ok = await readFile(given('ok.csv'), 'utf8');
  for (const [name, content] of Object.entries(siblings(ok))) await writeFile(made(name), content);
  await done(
    perigee('pack', MODEL, ...release('strict'), ...pipelineOf('strict'), '--golden-count', '1'),
  );
  await done(
    perigee(
      'pack',
      MODEL,
      ...release('imputing'),
      ...pipelineOf('imputing'),
      '--golden-count',
      '1',
    ),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The table of ok.csv in other formats, and some unreadable files. */
function siblings(ok: string): Record<string, string | Buffer> {
  const lines = ok.trimEnd().split('\n');
  const [header = '', first = '', ...rest] = lines;
  const each = (change: (line: string, i: number) => string): string =>
    lines.map(change).join('\n');
  return {
    'bom-crlf.csv': `\uFEFF${header}\r\n${first}\n${rest.join('\r\n')}\r\n`,
    'utf16.csv': Buffer.from(`\uFEFF${ok}`, 'utf16le'),
    'sep-line.csv': `sep=;\r\n${each((line) => line.replaceAll(',', ';'))}`,
    'tabs.csv': each((line) => line.replaceAll(',', '\t')),
    'notes.csv': each((line, i) =>
      i === 0 ? `note,${line},size` : `"two\nlines; ""${i}""",${line},${i}" pipe`,
    ),
    'words.csv': each((line, i) => (i === 0 ? line : line.replace(/,[^,]+/, ',low'))),
    'empty.csv': '',
    'header.csv': 'a,b,c,target\n',
    'twice.csv': each((line, i) => `${line},${i === 0 ? 'a' : '1'}`),
    'nameless.csv': each((line, i) => `${line},${i === 0 ? '' : '7'}`),
    'short.csv': `${header}\n${first}\n1,2\n`,
    'long.csv': `${header}\n${first}\n1,2,3,stays,5\n`,
    'unclosed.csv': `${header}\n"${first}\n`,
    'binary.csv': Buffer.from([0, 1, 2, 3]),
    'latin1.csv': Buffer.from('größe,a,b,c,target\n1,2,3,4,stays\n', 'latin1'),
    'thousands.csv': each((line) => line.replaceAll(',', ';')).replace('-0.2521', '1,234'),
    'mixed-marks.csv': each((line) => line.replaceAll(',', ';')).replace('0.4412', '0,4412'),
  };
}

const release = (name: string): string[] => [
  '--name',
  name,
  '--version',
  '1.0.0',
  '--out',
  made('releases'),
];
const pipelineOf = (name: string): string[] => [
  '--pipeline',
  made(`${name}.json`),
  '--labels',
  'stays,leaves',
];

/** The reference in a packed release, and the command's messages. */
async function referenceOf(name: string, ...args: string[]) {
  const { err } = await done(
    perigee('pack', MODEL, ...release(name), '--golden-count', '1', ...args),
  );
  const at = join(made('releases'), name, '1.0.0');
  const manifest = parseManifest(new Uint8Array(await readFile(join(at, 'manifest.json'))));
  const blob = await readFile(join(at, layout.blob(manifest.reference!.sha256)));
  return { reference: parseReference(new Uint8Array(blob)), err };
}

const OK = [
  ['a', 0, -2.3867, 2.2601],
  ['b', 0, -2.2491, 2.0736],
  ['c', 0, -2.8597, 2.5208],
];
const [A, , C] = OK;

describe('pack --reference reads', () => {
  // Name; missing values, smallest and largest value of each feature; then words of the notes.
  test.each<[string, unknown, ...string[]]>([
    ['ok.csv', OK],
    ['semidec.csv', OK],
    ['trail2.csv', OK],
    ['pandasidx.csv', OK, 'the first column was left out. It has no name'],
    ['hashna.csv', [A, ['b', 1, -2.2491, 2.0736], C]],
    ['missingcol.csv', [A, C]],
    ['allmiss.csv', [A, C], 'column "b" was left out. It has no value in any row.'],
    [
      'cat.csv',
      [
        ['age', 0, 20, 59],
        ['income', 0, 10, 49],
      ],
      'column "country" was left out. No cell of it is a number.',
    ],
    ['bom-crlf.csv', OK],
    ['utf16.csv', OK],
    ['sep-line.csv', OK],
    ['tabs.csv', OK],
    [
      'notes.csv',
      OK,
      'column "note" was left out. No cell of it is a number.',
      'column "size" was left out. No cell of it is a number.',
    ],
  ])('%s', async (name, features, ...notes) => {
    const path = await pathOf(name);
    const found = await referenceOf('read', '--reference', path, '--exclude', 'target');
    const { reference, err } = found;
    expect(reference.rows).toBe(name === 'cat.csv' ? 40 : 60);
    expect(
      reference.features.map((one) =>
        one.kind === 'numeric' ? [one.name, one.missing, one.min, one.max] : one,
      ),
    ).toEqual(features);
    for (const note of notes) expect(err).toContain(`${path}: ${note}`);
    expect(err.split('left out')).toHaveLength(notes.length + 1);
  });

  test('a column without values where the pipeline imputes it, and says so', async () => {
    const csv = ['--reference', given('allmiss.csv')];
    const { reference, err } = await referenceOf('imputed', ...csv, ...pipelineOf('imputing'));
    expect(reference).toMatchObject({
      rows: 60,
      features: [{}, { name: 'b', min: 1.5, max: 1.5 }, {}],
    });
    expect(reference.output?.labelCounts.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(err).toContain(
      'column "b" has no value in any row. All rows get the value that the pipeline imputes.',
    );
  });
});

describe('eval reads', () => {
  // Release, number of rows, accuracy, words of the notes.
  test.each<[string, string, number, number, ...string[]]>([
    ['ok.csv', 'strict', 60, 0.8166666666666667],
    ['semidec.csv', 'strict', 60, 0.8166666666666667],
    ['pandasidx.csv', 'strict', 60, 0.8166666666666667, 'the first column was left out'],
    ['notes.csv', 'strict', 60, 0.8166666666666667],
    ['hashna.csv', 'strict', 59, 0.8135593220338984, 'Left out: 1 rows that lack a feature'],
    ['hashna.csv', 'imputing', 60, 0.8166666666666667],
    ['allmiss.csv', 'imputing', 60, 0.8, 'column "b" has no value in any row.'],
    [
      'lab_empty.csv',
      'strict',
      250,
      0.828,
      'Left out: 250 rows without a ground truth in "target".',
    ],
    ['lab_NA.csv', 'strict', 250, 0.828, 'Left out: 250 rows without a ground truth in "target".'],
  ])('%s (%s)', async (name, what, rows, accuracy, ...notes) => {
    const { out, err } = await done(perigee(...evalOf(await pathOf(name), what), '--json'));
    const [metric] = JSON.parse(out) as Metric[];
    expect(metric).toMatchObject({ name: 'accuracy', rows });
    expect(metric?.value).toBeCloseTo(accuracy, 12);
    for (const note of notes) expect(err).toContain(note);
  });
});

describe('pack --calibrate reads', () => {
  test.each<[string, number, number, string?]>([
    ['semidec.csv', 60, 0.8166666666666667],
    ['lab_NA.csv', 250, 0.828, '250 rows without a ground truth in "target" were left out.'],
    ['lab_empty.csv', 250, 0.828, '250 rows without a ground truth in "target" were left out.'],
  ])('%s', async (name, rows, accuracy, note = '') => {
    const { reference, err } = await referenceOf('held', ...calibrateOf(await pathOf(name)));
    expect(reference.output?.calibration).toMatchObject({ rows });
    expect(reference.output?.calibration?.accuracy).toBeCloseTo(accuracy, 12);
    expect(err).toContain(note);
  });
});

const evalOf = (path: string, what: string): string[] => [
  'eval',
  `${what}@1.0.0`,
  '--from',
  made('releases'),
  '--data',
  path,
  '--label',
  'target',
];
const calibrateOf = (path: string): string[] => [
  ...pipelineOf('strict'),
  '--reference',
  given('ok.csv'),
  '--calibrate',
  path,
  '--label',
  'target',
];
const referTo = (path: string): string[] => [...pipelineOf('strict'), '--reference', path];

/** Path of a file: in the folder of cases, or else among the siblings. */
async function pathOf(name: string): Promise<string> {
  const isSibling = await readFile(made(name)).then(
    () => true,
    () => false,
  );
  return isSibling ? made(name) : given(name);
}

const CELL = ', row 38 (line 39), column "b": ';
// Parts of the message after the file's path: place and value, then the remedy.
const BROKEN: [string, string, string][] = [
  ['inf400.csv', `${CELL}"1e400"`, 'ends at 3.4e38: correct it, or leave the cell empty.'],
  ['thou.csv', `${CELL}"1,234.5"`, 'Write it without separators of thousands: 1234.5.'],
  ['hex.csv', `${CELL}"0x1F"`, 'Write it in decimal: 31.'],
  ['missingcol.csv', ' has no column "b"', 'It has: a, c, target. Add the column, or'],
  ['cat.csv', ' has no column "a"', 'It has: country, age, income, target. Add the column'],
  ['allmiss.csv', ': column "b" has no value', 'Fill the column, or add "impute" to the pipeline.'],
  ['words.csv', ', row 1 (line 2), column "b": "low"', 'Encode its words in the pipeline'],
  ['thousands.csv', ', row 2 (line 3), column "a": "1,234"', 'Write 1234 for thousands, or 1.234'],
  ['mixed-marks.csv', ', row 2 (line 3), column "a": "-0.2521"', 'Decimals have a comma in this'],
  ['empty.csv', ' is empty', 'Give a CSV file with a header and rows.'],
  ['header.csv', ' has no rows below its header (a, b, c, target)', 'and the rows follow it.'],
  ['twice.csv', ' has two columns "a"', 'Rename or remove one.'],
  ['nameless.csv', ': column 5 has values but no name', 'Name it in the header, or remove it.'],
  ['short.csv', ' cannot be read as CSV: row 2 (line 3) has 2 cells', 'or add what is missing.'],
  ['long.csv', ' cannot be read as CSV: row 2 (line 3) has 5 cells', 'into quotes, or add'],
  [
    'unclosed.csv',
    ' cannot be read as CSV: Quote Not Closed',
    'write a quote inside a quoted cell',
  ],
  ['binary.csv', ' is not a CSV file', 'Export the table as CSV in UTF-8.'],
  ['latin1.csv', ' is not in UTF-8: line 1 has "gr', '--csv-encoding windows-1252, or save it as'],
  ['not-there.csv', ' cannot be read: there is no such file', 'Give the path of a CSV file.'],
  ['', ' cannot be read: it is a folder', 'Give the path of a CSV file.'],
];

describe.each<[string, (path: string) => string[]]>([
  ['pack --reference', (path) => ['pack', MODEL, ...release('broken'), ...referTo(path)]],
  ['eval', (path) => evalOf(path, 'strict')],
  ['pack --calibrate', (path) => ['pack', MODEL, ...release('broken'), ...calibrateOf(path)]],
])('%s names file, place, value and remedy for', (_command, args) => {
  test.each(BROKEN)('"%s"', async (name, place, remedy) => {
    const path = await pathOf(name);
    const { code, out, err } = await perigee(...args(path));
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`✗ ${path}${place}`);
    expect(err).toContain(remedy);
  });
});

test.each(['eval', 'calibrate'])(
  '%s refuses a ground truth that is not a label of the model',
  async (how) => {
    const path = given('lab_01.csv');
    const args =
      how === 'eval'
        ? evalOf(path, 'strict')
        : ['pack', MODEL, ...release('broken'), ...calibrateOf(path)];
    const { code, err } = await perigee(...args);
    expect(code).toBe(1);
    expect(err).toContain(
      `${path}, row 1 (line 2), column "target": "0" is not a label of the model. ` +
        'Its labels are "stays", "leaves". Write the ground truth as one of them',
    );
  },
);

test('without a pipeline a cell that is not a number is an error too, which names --exclude', async () => {
  const path = given('thou.csv');
  const { code, err } = await perigee('pack', MODEL, ...release('broken'), '--reference', path);
  expect(code).toBe(1);
  expect(err).toContain(`${path}${CELL}"1,234.5" is not a number that a model can read.`);
  expect(err).toContain('If the column is not a feature, leave it out: --exclude "b".');
});
