import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { walkOnnx } from '@perigee/registry';
import { writeImportTypes } from '@perigee/registry/types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { done, makeCheap, perigee } from '../commands/operator.fixture.ts';
import { compile } from './project.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const DIGITS = join(ROOT, 'models/digits');
const CHURN = join(ROOT, 'packages/cli/src/pack/fixtures/churn');
const IDS = join(ROOT, 'packages/cli/src/pack/fixtures/ids.onnx');

/** A registry with images, a row with words, and tensors; and model files beside it. */
let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-typed-'));
  process.env['PERIGEE_KEY_PASSPHRASE'] = 'of keys that last a test';
  const keys = ['--keys', at('keys')];
  await done(perigee('init', '--to', at('registry'), ...keys, '--root', at('root.json')));
  await makeCheap(at('keys'));
  await writeFile(
    at('pipeline.json'),
    JSON.stringify({
      preprocess: [
        { op: 'tabular', features: ['age', 'spend', 'country', 'plan'] },
        { op: 'one-hot', feature: 'country', other: 'zeros' },
        { op: 'one-hot', feature: 'plan', other: 'zeros' },
        {
          op: 'standardize',
          features: ['age', 'spend'],
          ...(JSON.parse(await readFile(join(CHURN, 'expected.json'), 'utf8')) as Scaled).scale,
        },
      ],
      postprocess: [],
    }),
  );
  const digits = ['--pipeline', join(DIGITS, 'pipeline.json'), '--labels', '0,1,2,3,4,5,6,7,8,9'];
  await release('digits@1.0.0', join(DIGITS, 'versions/1.0.0/model.onnx'), digits);
  await release('digits@2.0.0', join(DIGITS, 'versions/1.0.0/model.onnx'), [], 'canary');
  const rows = ['--pipeline', at('pipeline.json'), '--reference', join(CHURN, 'train.csv')];
  const threshold = ['--labels', 'stays,leaves', '--positive', 'leaves', '--threshold', '0.5'];
  await release('churn@1.0.0', join(CHURN, 'score.onnx'), [...rows, ...threshold]);
  await mkdir(at('public/models'), { recursive: true });
  await copyFile(IDS, at('public/models/ids.onnx'));
  process.chdir(folder);
});
const before = process.cwd();
afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true, force: true });
});

interface Scaled {
  readonly scale: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

async function release(
  ref: string,
  model: string,
  options: readonly string[],
  channel = 'stable',
): Promise<void> {
  const [name = '', version = ''] = ref.split('@');
  const named = ['--name', name, '--version', version, '--golden-count', '1'];
  await done(perigee('pack', model, ...named, '--out', at('releases'), ...options));
  const where = ['--from', at('releases'), '--to', at('registry'), '--keys', at('keys')];
  await done(perigee('publish', ref, ...where, '--channel', channel, '--incomplete', 'a test'));
}

/** An app. Each `@ts-expect-error` is a mistake that TypeScript has to find. */
const APP = `
import { createPerigee, loadModel } from 'perigee';
import type { Model } from 'perigee';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

const perigee = createPerigee({ registry: 'https://models.example.com/' });
const pixels = { width: 1, height: 1, data: new Uint8Array(4) };

const digits = await perigee.load('digits');
const drawn = await digits.predict(pixels);
same<typeof drawn.output.label, '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'>(true);
same<typeof drawn.output.score, number>(true);
same<typeof drawn.outputs.logits.shape, readonly [number, 10]>(true);
same<typeof drawn.outputs.logits.data, Float32Array>(true);
// @ts-expect-error
await digits.predict([1, 2]);
for await (const { output } of digits.predictStream([pixels]))
  same<typeof output.top[number]['label'], typeof drawn.output.label>(true);

const canary = await perigee.load('digits@canary');
const scores = await canary.predict({ image: new Float32Array(64) });
same<typeof scores.output.shape, readonly [number, 10]>(true);
await canary.predict(new Float32Array(64));
// @ts-expect-error
await canary.predict({ images: new Float32Array(64) });
same<typeof canary, Awaited<ReturnType<typeof second>>>(true);
async function second() {
  return loadModel('digits@^2.0', { registry: 'https://models.example.com/' });
}

const churn = await perigee.load('churn@1.0.0', { update: 'local' });
const { output } = await churn.predict({ age: 34, spend: 10, country: 'DE', plan: 'basic' });
same<typeof output.label, 'stays' | 'leaves'>(true);
// @ts-expect-error
await churn.predict({ age: 34, spend: 10, country: 'DE' });
// @ts-expect-error
await churn.predict({ age: 'old', spend: 10, country: 'DE', plan: 'basic' });

const ids = await loadModel('/models/ids.onnx');
const found = await ids.predict({ ids: [[1, 2, 3, 4]] });
same<typeof found.output.data, Float32Array>(true);
same<typeof found.outputs.shifted.data, BigInt64Array>(true);
// @ts-expect-error
await ids.predict(Float32Array.of(1, 2, 3, 4));

const bare = await loadModel('/models/other.onnx');
const answer = await bare.predict({ data: new Float32Array(3) });
console.log(answer.output.data[0], answer.output.shape);
const other = await perigee.load('other');
const unknown = await other.predict(pixels);
if ('label' in unknown.output) console.log(unknown.output.label);
// @ts-expect-error
console.log(unknown.output.label);

export const models: readonly Model[] = [digits, canary, churn, ids, bare, other];
`;

const DOM = ['ES2023', 'DOM', 'DOM.Iterable'];
const PROJECTS = [
  ['the React template', { module: 'ESNext', moduleResolution: 'bundler', lib: DOM }, 'module'],
  ['node16', { module: 'node16', lib: ['ES2023'] }, 'module'],
  ['nodenext', { module: 'nodenext', lib: ['ES2023'] }, 'module'],
  ['a CommonJS package', { module: 'node16', lib: DOM }, 'commonjs'],
] as const;

test.each(PROJECTS)('an app knows its models by name: %s', async (_, options, packageType) => {
  // The declarations of an ES module need this ending in a CommonJS package.
  const file = packageType === 'module' ? 'perigee.d.ts' : 'perigee.d.mts';
  await done(perigee('types', 'registry', 'public/models/ids.onnx', '--out', `src/${file}`));
  const app = { 'app.mts': APP, [file]: await readFile(`src/${file}`, 'utf8') };
  expect(await compile(app, options, packageType)).toBe('');
});

test('an error of TypeScript names what is wrong about an input', async () => {
  await done(perigee('types', 'registry', 'public/models/ids.onnx', '--out', 'src/named.d.ts'));
  const app = `
import { createPerigee, loadModel } from 'perigee';
const churn = await createPerigee({ registry: '/registry/' }).load('churn');
await churn.predict({ age: 34, spend: 10, country: 'DE' });
await churn.predict({ age: 'old', spend: 10, country: 'DE', plan: 'basic' });
const ids = await loadModel('/models/ids.onnx');
await ids.predict({ id: [1] });
export {};
`;
  const files = { 'app.mts': app, 'perigee.d.ts': await readFile('src/named.d.ts', 'utf8') };
  const [, options, packageType] = PROJECTS[0];
  const errors = await compile(files, options, packageType);
  expect(errors).toContain("Property 'plan' is missing");
  expect(errors).toContain("Type 'string' is not assignable to type 'number'");
  expect(errors).toContain("'id' does not exist in type");
});

test('an app that imports its model files knows their types', async () => {
  const { inputs, outputs } = walkOnnx(await readFile(IDS));
  const signature = { inputs, outputs };
  const declared = writeImportTypes([{ path: 'src/models/ids.onnx', signature }], 'a bundler');
  const app = `
import { loadModel } from 'perigee';
import url from './models/ids.onnx';
import otherUrl from './other.onnx';

const ids = await loadModel(url);
const { outputs } = await ids.predict({ ids: [[1n, 2n, 3n, 4n]] });
outputs.shifted.data satisfies BigInt64Array;
// @ts-expect-error
await ids.predict({ x: 1 });
const other = await loadModel(otherUrl);
export const { output } = await other.predict({ x: 1 });
output.data[0]?.toString();
`;
  for (const [, options, packageType] of PROJECTS) {
    const files = { 'app.mts': app, 'models.d.ts': declared };
    expect(await compile(files, options, packageType)).toBe('');
  }
});

test('--check tells whether the file is up to date, and writes nothing', async () => {
  const out = ['--out', 'checked.d.ts'];
  expect(await perigee('types', 'registry', ...out, '--check')).toMatchObject({
    code: 1,
    err: '✗ checked.d.ts is out of date. Write it again: perigee types registry --out checked.d.ts',
  });
  await expect(stat('checked.d.ts')).rejects.toThrow('ENOENT');
  const written = await perigee('types', 'registry', ...out, '--json');
  expect(JSON.parse(written.out)).toMatchObject({
    changed: true,
    refs: expect.arrayContaining(['digits', 'digits@2', 'digits@canary', 'churn']) as unknown,
    urls: [],
  });
  const text = await readFile('checked.d.ts', 'utf8');
  await writeFile('checked.d.ts', text.replaceAll('\n', '\r\n'));
  expect(await perigee('types', 'registry', ...out, '--check')).toMatchObject({ code: 0 });
  await writeFile('checked.d.ts', text.replace('"stays"', '"remains"'));
  expect(await perigee('types', 'registry', ...out, '--check')).toMatchObject({ code: 1 });
});

test.each([
  ['client.d.ts', 'client.ts'],
  ['view.d.ts', 'view.tsx'],
  ['node.d.mts', 'node.mts'],
])('%s is refused beside %s, because TypeScript would not read it', async (out, source) => {
  await writeFile(source, '');
  const { code, err } = await perigee('types', 'registry', '--out', out);
  expect(code).toBe(1);
  expect(err).toContain(`${out}, because ${source} is beside it.`);
  await expect(stat(out)).rejects.toThrow('ENOENT');
});

test('releases, manifests and models of TensorFlow.js have types, too', async () => {
  const net = join(ROOT, 'e2e/models/tfjs-net/model.json');
  const withDefault = join(ROOT, 'e2e/cases/models/default-input.onnx');
  await done(perigee('types', 'releases/churn/1.0.0', net, withDefault, '--out', 'r.d.ts'));
  const text = await readFile('r.d.ts', 'utf8');
  expect(text).toContain('"churn@1": ModelsByName["churn"];');
  expect(text).toContain('image: { dtype: "float32"; shape: [number, 8, 8, 1] };');
  expect(text).toContain('scale?: { dtype: "float32"; shape: [1] };');
  await done(perigee('types', 'releases/churn/1.0.0/manifest.json', '--out', 'm.d.ts'));
  expect(text).toContain((await readFile('m.d.ts', 'utf8')).split('\n')[6]);
});

test.each([
  [['absent.onnx'], 'There is no file or folder "absent.onnx".'],
  [['public'], 'public is neither a registry nor a packed release'],
  [['root.json'], 'root.json'],
  [['registry', 'releases/churn/1.0.0'], 'Two of the sources declare "churn"'],
])('%j is refused', async (sources, message) => {
  const { code, err } = await perigee('types', ...sources);
  expect(code).toBe(1);
  expect(err).toContain(message);
});
