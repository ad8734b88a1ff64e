import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { walkOnnx } from '@perigee/registry';
import { seededRandom } from '@perigee/profile/analysis';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { halvesOf, toHalf } from './half.ts';
import { readModel } from '../pack/read-files.ts';
import type { ModelFiles } from '../pack/read-files.ts';
import { convertWeights } from './convert-weights.ts';
import type { WeightsKind } from './convert-weights.ts';

/** Files written with onnx, numpy and torch: fixtures/make-fixtures.py. */
const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const model = (name: string): Promise<ModelFiles> => readModel(fixture(`${name}.onnx`));

type Name = 'conv.w' | 'up.w' | 'project.w' | 'head.w' | 'table';
interface Expected {
  image: number[];
  ids: number[];
  weights: Record<
    Name,
    { float16: number[]; int8: number[]; scales: number[]; int7: number[]; scales64: number[] }
  >;
  answers: Record<'fp32' | 'fp16' | 'int8', { scores: number[]; rows: number[] }>;
  floats: number[];
  halves: number[];
}
const NAMES: readonly Name[] = ['conv.w', 'up.w', 'project.w', 'head.w', 'table'];

let expected: Expected;
beforeAll(async () => {
  expected = JSON.parse(await readFile(fixture('expected.json'), 'utf8')) as Expected;
});

/** Stored values of a converted model, by tensor name. */
function stored({
  entry,
  files,
  onnx,
}: ModelFiles): Map<string, { dtype: string | null; bytes: Uint8Array<ArrayBuffer> }> {
  const bytes = files.get(entry)!;
  return new Map(
    onnx.tensors.map(({ name, dtype, start, end }) => [
      name,
      { dtype, bytes: bytes.slice(start, end) },
    ]),
  );
}

async function run(
  { entry, files }: ModelFiles,
  feeds: Record<string, Tensor>,
  graphOptimizationLevel: 'all' | 'disabled' = 'all',
): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(files.get(entry)!, {
    graphOptimizationLevel,
    logSeverityLevel: 3,
  });
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [
      name,
      Array.from(data as Float32Array, Number),
    ]),
  );
}

const networkFeeds = (): Record<string, Tensor> => ({
  image: new Tensor('float32', Float32Array.from(expected.image), [2, 4, 5, 5]),
  ids: new Tensor('int64', BigInt64Array.from(expected.ids, BigInt), [2, 3]),
});

function furthest(got: readonly number[] | undefined, wanted: readonly number[]): number {
  expect(got).toHaveLength(wanted.length);
  return Math.max(...wanted.map((value, i) => Math.abs(value - got![i]!)));
}

test('many floats become the float16 patterns of numpy, and those of the slow way', () => {
  expect(Array.from(halvesOf(Float32Array.from(expected.floats)))).toEqual(expected.halves);
  const random = Float32Array.from(
    new Uint32Array(20_000).map((_, i) => Math.imul(i + 1, 2_654_435_761)),
    (bits) => new Float32Array(Uint32Array.of(bits).buffer)[0]!,
  );
  expect(Array.from(halvesOf(random))).toEqual(Array.from(random, toHalf));
});

test('fp16 stores what numpy rounds to, and answers as torch does with it', async () => {
  const converted = convertWeights(await model('network'), 'fp16');
  expect(converted.entry).toBe('network.fp16.onnx');
  const tensors = stored(converted);
  for (const name of NAMES) {
    const { dtype, bytes } = tensors.get(`${name}/fp16`)!;
    expect([name, dtype, Array.from(new Uint16Array(bytes.buffer))]).toEqual([
      name,
      'float16',
      expected.weights[name].float16,
    ]);
  }
  for (const level of ['all', 'disabled'] as const) {
    const { scores, rows } = await run(converted, networkFeeds(), level);
    expect(furthest(scores, expected.answers.fp16.scores)).toBeLessThan(1e-5);
    expect(rows).toEqual(expected.answers.fp16.rows);
  }
});

test('int8 stores what numpy quantizes by channel to, and answers as torch does with it', async () => {
  const converted = convertWeights(await model('network'), 'int8');
  const tensors = stored(converted);
  for (const name of NAMES) {
    const { dtype, bytes } = tensors.get(`${name}/int8`)!;
    expect([name, dtype, Array.from(new Int8Array(bytes.buffer))]).toEqual([
      name,
      'int8',
      expected.weights[name].int8,
    ]);
    expect([
      name,
      Array.from(new Float32Array(tensors.get(`${name}/int8/scale`)!.bytes.buffer)),
    ]).toEqual([name, expected.weights[name].scales]);
  }
  for (const level of ['all', 'disabled'] as const) {
    const { scores, rows } = await run(converted, networkFeeds(), level);
    expect(furthest(scores, expected.answers.int8.scores)).toBeLessThan(1e-5);
    expect(furthest(rows, expected.answers.int8.rows)).toBeLessThan(1e-7);
  }
  expect(furthest(expected.answers.int8.scores, expected.answers.fp32.scores)).toBeGreaterThan(
    1e-4,
  );
});

test('int8-dynamic multiplies in integers, and is about right', async () => {
  const converted = convertWeights(await model('network'), 'int8-dynamic');
  expect(converted.onnx.operators).toMatchObject({
    MatMulInteger: 2,
    DynamicQuantizeLinear: 2,
    Conv: 1,
  });
  const tensors = stored(converted);
  const values = new Int8Array(tensors.get('project.w/int8-dynamic')!.bytes.buffer);
  const scales = new Float32Array(tensors.get('project.w/int8-dynamic/scale')!.bytes.buffer);
  expect(Array.from(values)).toEqual(expected.weights['project.w'].int7);
  expect(Array.from(scales)).toEqual(expected.weights['project.w'].scales64);
  const { scores, rows } = await run(converted, networkFeeds());
  const { fp32, int8 } = expected.answers;
  const largest = Math.max(...fp32.scores.map(Math.abs));
  expect(furthest(scores, fp32.scores)).toBeLessThan(0.03 * largest);
  expect(furthest(scores, fp32.scores)).toBeGreaterThan(0);
  expect(furthest(rows, int8.rows)).toBeLessThan(1e-7);
});

test('products that share an input quantize it once, and weights shared by products are stored once', async () => {
  const source = await model('products');
  const converted = convertWeights(source, 'int8-dynamic');
  expect(converted.onnx.operators).toMatchObject({
    MatMulInteger: 3,
    DynamicQuantizeLinear: 2,
    Add: 1,
  });
  expect([...stored(converted).keys()].toSorted()).toEqual([
    'a/int8-dynamic',
    'a/int8-dynamic/scale',
    'b/int8-dynamic',
    'b/int8-dynamic/scale',
    'sum',
  ]);
  const x = new Tensor(
    'float32',
    Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
    [2, 16],
  );
  const z = new Tensor(
    'float32',
    Float32Array.from({ length: 32 }, (_, i) => Math.cos(3 * i)),
    [2, 16],
  );
  const [got, wanted] = [await run(converted, { x, z }), await run(source, { x, z })];
  for (const name of ['xa', 'xb', 'zb'])
    expect(furthest(got[name], wanted[name]!)).toBeLessThan(
      0.03 * Math.max(...wanted[name]!.map(Math.abs)),
    );
});

test.each<[string, WeightsKind]>(
  ['old', 'constants', 'beside'].flatMap((name) =>
    (['fp16', 'int8'] as const).map((kind): [string, WeightsKind] => [name, kind]),
  ),
)('the same network as %s is converted to %s like the first', async (name, kind) => {
  const converted = convertWeights(await model(name), kind);
  expect(converted.files.size).toBe(1);
  expect(converted.onnx.inputs.map((input) => input.name)).toEqual(['image', 'ids']);
  const [got, first] = [stored(converted), stored(convertWeights(await model('network'), kind))];
  for (const weight of NAMES)
    expect(got.get(`${weight}/${kind}`)).toEqual(first.get(`${weight}/${kind}`));
  const { scores } = await run(converted, networkFeeds());
  expect(furthest(scores, expected.answers[kind as 'fp16' | 'int8'].scores)).toBeLessThan(1e-5);
});

test('weights that do not fit, small ones, outputs and weights read by a branch stay as they are', async () => {
  const source = await model('stay');
  const dtypes = (kind: WeightsKind): Record<string, string | null> =>
    Object.fromEntries(
      [...stored(convertWeights(source, kind))].map(([name, { dtype }]) => [name, dtype]),
    );
  // 70,000 exceeds float16. int8 reaches it in 127 steps.
  expect(() => convertWeights(source, 'fp16')).toThrow(
    'Variant fp16: the model has no float32 weights of 256 values or more that fit float16.',
  );
  expect(dtypes('int8')).toEqual({
    'large/int8': 'int8',
    'large/int8/scale': 'float32',
    tiny: 'float32',
    nan: 'float32',
    branch: 'float32',
    given: 'float32',
    few: 'float32',
  });
});

test('what is not touched is copied byte by byte, and names that are taken are not taken again', async () => {
  const source = await model('network');
  const once = convertWeights(source, 'fp16');
  expect(once.onnx).toMatchObject({
    inputs: source.onnx.inputs,
    outputs: source.onnx.outputs,
    opsets: source.onnx.opsets,
    producer: source.onnx.producer,
  });
  expect(stored(once).get('conv.b')).toEqual(stored(source).get('conv.b'));
  // A name that contains the suffix, with the same length as another name.
  const bytes = Buffer.from(source.files.get(source.entry)!);
  for (let at = bytes.indexOf('scores'); at >= 0; at = bytes.indexOf('scores', at + 1))
    bytes.write('s/fp16', at);
  const taken = convertWeights(
    { ...source, files: new Map([[source.entry, new Uint8Array(bytes)]]), onnx: walkOnnx(bytes) },
    'fp16',
  );
  expect([...stored(taken).keys()]).toContain('conv.w/fp16-2');
  expect(
    furthest((await run(taken, networkFeeds()))['s/fp16'], expected.answers.fp16.scores),
  ).toBeLessThan(1e-5);
});

test('an operator set that is too old is named', async () => {
  const source = await model('opset6');
  expect(() => convertWeights(source, 'int8')).toThrow(
    'Variant int8 needs operators of opset 7; the model has opset 6.',
  );
});

test('flipped bits give a model or an error that says so, in bounded time', async () => {
  const sources = await Promise.all(['network', 'stay', 'beside', 'products'].map(model));
  const next = seededRandom(7);
  const outcomes = new Set<string>();
  for (let i = 0; i < 2_000; i += 1) {
    const source = sources[i % sources.length]!;
    const bytes = source.files.get(source.entry)!.slice();
    for (let flips = 0; flips <= i % 4; flips += 1)
      bytes[Math.floor(next() * Math.min(bytes.length, i % 2 ? 600 : bytes.length))]! ^=
        1 << Math.floor(next() * 8);
    try {
      convertWeights(
        {
          ...source,
          files: new Map([...source.files, [source.entry, bytes]]),
          onnx: walkOnnx(bytes),
        },
        (['fp16', 'int8', 'int8-dynamic'] as const)[i % 3]!,
      );
      outcomes.add('model');
    } catch (error) {
      outcomes.add(error instanceof Error ? error.name : String(error));
    }
  }
  expect(outcomes).toEqual(new Set(['model', 'RegistryError', 'CommandError']));
  // Each takes some 0.2 ms. Only a loop that trusts a damaged size reaches the time limit.
});
