import { readFile } from 'node:fs/promises';
import { loadModel } from 'perigee';
import type { Model, PerigeeError, Tensor, Tensors } from 'perigee';
import { afterEach, expect, test } from 'vitest';

const CASES = new URL('../../../../../e2e/cases/models/', import.meta.url);
const BACKENDS = ['native', 'wasm'] as const;
const open: Model[] = [];

afterEach(async () => {
  for (const model of open.splice(0)) await model.dispose();
});

async function load(file: string, backend?: 'native' | 'wasm'): Promise<Model> {
  const model = await loadModel(new URL(file, CASES).href, backend ? { backend } : {});
  open.push(model);
  return model;
}

function float(shape: number[], values: number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** Full range, the same each time. */
function noise(length: number): number[] {
  let state = 7;
  return Array.from({ length }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32);
}

test.each([
  ['dynquant-large.onnx', 'x', float([4, 256], noise(1_024).map((value) => value * 8 - 4))],
  ['qlinearconv.onnx', 'x', { dtype: 'uint8', shape: [1, 64, 8, 8], data: Uint8Array.from(noise(4_096), (value) => value * 256) } as Tensor],
])('%s gives natively what it gives on wasm', async (file, input, tensor) => {
  const [native, wasm] = await Promise.all(BACKENDS.map(async (backend) => (await (await load(file, backend)).run({ [input]: tensor }))['y']));
  const wanted = Array.from(wasm?.data as Float32Array);
  const largest = Math.max(...wanted.map(Math.abs));
  const off = Math.max(...wanted.map((value, i) => Math.abs(value - Number(native?.data[i]))));
  expect(off).toBeLessThanOrEqual(1e-5 * largest);
});

test.each(BACKENDS)('a free dimension without a name is free on %s', async (backend) => {
  const model = await load('unnamed-lp.onnx', backend);
  expect(model.signature.inputs).toMatchObject([{ name: 'x', shape: [null, 4] }]);
  const { y } = await model.run({ x: float([2, 4], [3, 4, 0, 0, 0, 0, 6, 8]) });
  expect(y?.shape).toEqual([2, 4]);
});

test.each(BACKENDS)('a shape that the file does not give is unknown on %s', async (backend) => {
  const model = await load('unknown-rank.onnx', backend);
  expect(model.signature.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [], rank: 'unknown' }]);
  const { y } = await model.run({ x: float([2, 3], [1, 2, 3, 4, 5, 6]) });
  expect(y?.shape).toEqual([2, 3]);
});

test.each([undefined, ...BACKENDS])('a classifier with a ZipMap gives label and scores: %s', async (backend) => {
  const model = await load('zipmap-str.onnx', backend);
  const scores = model.signature.outputs.find(({ name }) => name === 'output_probability');
  expect(scores).toMatchObject({ dtype: 'float32', shape: [null, scores?.labels?.length] });
  const outputs = await model.run({ float_input: float([2, 2], [1, 0, 0, 1]) });
  const columns = scores?.labels?.length ?? 0;
  const { shape, data } = outputs['output_probability'] as Tensor<'float32'>;
  expect(shape).toEqual([2, columns]);
  const best = [0, 1].map((row) => scores?.labels?.[data.slice(row * columns, (row + 1) * columns).reduce((at, value, i, all) => (value > (all[at] ?? 0) ? i : at), 0)]);
  expect(outputs['output_label']?.data).toEqual(best);
});

test.each([undefined, ...BACKENDS])('a sequence comes back as a list: %s', async (backend) => {
  const model = await load('sequence-out.onnx', backend);
  expect(model.signature.outputs).toEqual([{ name: 'q', dtype: 'float32', shape: [], rank: 'unknown', list: true }]);
  const { q } = (await model.run({ x: float([2, 3], [1, 2, 3, 4, 5, 6]) })) as Record<string, unknown>;
  expect(q).toEqual([float([1, 3], [1, 2, 3]), float([1, 3], [4, 5, 6])]);
});

test.each(BACKENDS)('a default input can be given or left out on %s', async (backend) => {
  const model = await load('default-input.onnx', backend);
  expect(model.signature.inputs).toMatchObject([{ name: 'x' }, { name: 'scale', optional: true }]);
  const x = float([1, 3], [1, 2, 3]);
  const scale = model.signature.inputs[1]?.shape as number[];
  expect(Array.from((await model.run({ x }))['y']?.data as Float32Array)).toEqual([2, 4, 6]);
  const tripled = await model.run({ x, scale: float(scale, [3]) });
  expect(Array.from(tripled['y']?.data as Float32Array)).toEqual([3, 6, 9]);
  expect((await model.predict(x.data as Float32Array)).outputs['y']?.data).toEqual(Float32Array.of(2, 4, 6));
});

test.each(BACKENDS.flatMap((backend) => ['ext-dot', 'ext-hash'].map((name) => [name, backend] as const)))('%s opens with its data beside it on %s', async (name, backend) => {
  const data = name === 'ext-dot' ? 'ext-dot.data' : 'ext#1.data';
  const fromUrl = await load(`${name}.onnx`, backend);
  const read = async (file: string): Promise<Blob> => new Blob([await readFile(new URL(encodeURIComponent(file), CASES))]);
  const fromMap = await loadModel(new Map([[`${name}.onnx`, await read(`${name}.onnx`)], [data, await read(data)]]), { backend });
  open.push(fromMap);
  const [input] = fromUrl.signature.inputs;
  const shape = input?.shape.map((size) => (typeof size === 'number' ? size : 1)) ?? [];
  const feeds = { [input?.name ?? '']: float(shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1)) };
  const answers: Tensors[] = [await fromUrl.run(feeds), await fromMap.run(feeds)];
  expect(answers[0]).toEqual(answers[1]);
  expect(Object.values(answers[0] ?? {})[0]?.data.length).toBeGreaterThan(0);
});

test.each(BACKENDS)('a missing external file is named on %s', async (backend) => {
  const bytes = await readFile(new URL('ext-dot.onnx', CASES));
  const error = await loadModel(new Map([['ext-dot.onnx', new Blob([bytes])]]), { backend }).catch((cause: unknown) => cause as PerigeeError);
  expect(error).toMatchObject({ code: 'WRONG_CONTENT', message: expect.stringContaining('"ext-dot.data"') as string });
});

test.each([['ir-99.onnx', 'IR version 99', 13], ['opset-99.onnx', 'version of domain ai.onnx 99', 26]])('%s is told to be too new', async (file, needs) => {
  for (const backend of BACKENDS) {
    const error = await load(file, backend).catch((cause: unknown) => cause as PerigeeError);
    expect(error).toMatchObject({ code: 'UNSUPPORTED_MODEL', message: expect.stringContaining(needs) as string });
    expect((error as PerigeeError).message).toMatch(/takes versions up to \d+\./);
  }
});

test.each(['gather-room.onnx', 'gather-plain.onnx'])('%s keeps its backend after a wrong index', async (file) => {
  for (const backend of BACKENDS) {
    const model = await load(file, backend);
    const idx = (value: bigint): Tensor => ({ dtype: 'int64', shape: [1], data: BigInt64Array.of(value) });
    await expect(model.run({ idx: idx(99n) })).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    expect(model.backend).toBe(backend);
    expect((await model.run({ idx: idx(0n) }))['y']?.shape).toEqual([1, 2]);
  }
});

const text = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));
const OTHERS: readonly (readonly [string, Uint8Array])[] = [
  ['gzip', text('\x1f\x8b\x08\x00aaaaaaaa')],
  ['zip', text('PK\x03\x04aaaaaaaaaaaaa')],
  ['HDF5', text('\x89HDF\r\n\x1a\naaaaaaaa')],
  ['TensorFlow Lite', text('\x1c\x00\x00\x00TFL3aaaaaaaa')],
  ['safetensors', text('\x0a\x00\x00\x00\x00\x00\x00\x00{"a":null}')],
  ['GGUF', text('GGUF\x03\x00\x00\x00aaaaaaaa')],
  ['HTML', text('<!doctype html><title>a</title>')],
  ['Git LFS', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')],
  ['empty', new Uint8Array(0)],
];

test.each(OTHERS)('a file that is %s is named so', async (name, bytes) => {
  for (const backend of BACKENDS) {
    const files = new Map([['model.onnx', new Blob([bytes as Uint8Array<ArrayBuffer>])]]);
    const error = await loadModel(files, { backend }).catch((cause: unknown) => cause as PerigeeError);
    expect(error).toMatchObject({ code: 'WRONG_CONTENT', message: expect.stringContaining(name) as string });
  }
});

test('a download that broke off is told to be cut off', async () => {
  const bytes = await readFile(new URL('dynquant-large.onnx', CASES));
  for (const backend of [undefined, ...BACKENDS]) {
    const files = new Map([['model.onnx', new Blob([bytes.subarray(0, bytes.byteLength >> 1)])]]);
    const error = await loadModel(files, backend ? { backend } : {}).catch((cause: unknown) => cause as PerigeeError);
    expect(error).toMatchObject({ code: 'WRONG_CONTENT', message: expect.stringContaining('cut off') as string });
  }
});
