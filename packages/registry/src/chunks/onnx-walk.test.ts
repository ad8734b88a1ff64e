import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { cutOnnxFile, RegistryError, walkOnnx } from '../index.ts';
import { model } from '../onnx/write-model.ts';
import { bytesField, concat, textField } from './wire-write.ts';

/** Files written by the onnx package: fixtures/make-fixtures.py. */
const fixture = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))));

test('a model is walked: inputs, outputs, operators, opset, producer, tensors', async () => {
  const bytes = await fixture('cnn.onnx');
  const model = walkOnnx(bytes);
  expect(model).toMatchObject({
    irVersion: 8,
    opsets: { '': 13 },
    inputs: [{ name: 'image', dtype: 'float32', shape: ['batch', 3, 16, 16] }],
    outputs: [{ name: 'scores', dtype: 'float32', shape: ['batch', 20] }],
    operators: { Conv: 2, Relu: 2, Flatten: 1, Gemm: 1 },
    externalFiles: [],
  });
  expect(model.producer).toMatch(/^fixtures/);
  expect(model.tensors.map(({ name, dtype, start, end }) => [name, dtype, end - start])).toEqual([
    ['stem', 'float32', 16 * 3 * 9 * 4],
    ['stem_bias', 'float32', 64],
    ['middle', 'float32', 32 * 16 * 9 * 4],
    ['middle_bias', 'float32', 128],
    ['head', 'float32', 512 * 20 * 4],
    ['head_bias', 'float32', 80],
  ]);
  const first = new Float32Array(
    bytes.slice(model.tensors[5]!.start, model.tensors[5]!.end).buffer,
  );
  // The values are drawn from N(0, 0.1).
  expect(first.every((value) => value !== 0 && Math.abs(value) < 1)).toBe(true);
});

test('weights in constants, branches and typed data are found; free dimensions and odd names kept', async () => {
  const model = walkOnnx(await fixture('branches.onnx'));
  expect(model.tensors.map(({ end, start }) => (end - start) / 4)).toEqual([
    1500, 1300, 1300, 1200,
  ]);
  // "typed" is also listed as an input, as before IR version 4. It has a value, so no caller feeds
  // it.
  expect(model.inputs).toEqual([
    { name: 'flag', dtype: 'bool', shape: [] },
    { name: 'ids', dtype: 'int64', shape: [null, 'length'] },
  ]);
  expect(model.operators).toEqual({ Constant: 3, If: 1, 'toString.constructor': 1, Identity: 1 });
  expect(model.opsets).toEqual({ '': 17, toString: 1 });
});

test('a file beside the model is found after any number of other entries', () => {
  const entry = (key: string, value: string): Uint8Array =>
    bytesField(13, concat([textField(1, key), textField(2, value)]));
  const others = Array.from({ length: 20 }, (_, i) => entry(`prepacked_${i}`, '0|1;'));
  const tensor = concat([...others, entry('location', 'w.bin')]);
  expect(walkOnnx(model([bytesField(5, tensor)])).externalFiles).toEqual(['w.bin']);
});

test('a field whose number is too large for protobuf is refused', () => {
  // Read in 32 bits, as protobuf does, it is the external data of a tensor.
  const tensor = new Uint8Array([0xea, 0x80, 0x80, 0x80, 0x10, 0]);
  expect(() => walkOnnx(model([bytesField(5, tensor)]))).toThrow('a field number of 536870925');
});

test('tensors beside the model are found with their place in the other file', async () => {
  const model = walkOnnx(await fixture('external.onnx'));
  expect(model.tensors).toEqual([]);
  expect(model.externalFiles).toEqual(['external.bin']);
  expect(model.externalTensors.at(-1)).toEqual({
    file: 'external.bin',
    name: 'head_bias',
    dtype: 'float32',
    start: 61_312,
    end: 61_392,
  });
});

test.each([
  ['an empty file', []],
  ['a page', [...new TextEncoder().encode('<!doctype html><html></html>')]],
  [
    'a pointer to a large file',
    [...new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:abc')],
  ],
  ['a length longer than the file', [8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['a length beyond 2^53', [8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
  ['a number that does not end', [8, ...Array.from({ length: 40 }, () => 0x80)]],
  ['a group', [0x0b, 0x0c]],
  ['field 0', [0, 0]],
  ['no version', [0x3a, 0]],
  ['no graph', [8, 8]],
  ['two graphs', [8, 8, 0x3a, 0, 0x3a, 0]],
  ['a graph that is a number', [8, 8, 0x38, 1]],
])('%s is refused as no ONNX model', (_what, bytes) => {
  expect(() => walkOnnx(new Uint8Array(bytes))).toThrow(
    expect.objectContaining({ name: 'RegistryError', code: 'WRONG_CONTENT' }),
  );
});

test('an input that is no tensor is refused by name', () => {
  // graph { input { name: "bag" type { sequence_type {} } } }
  const graph = [
    0x5a,
    ...prefixed([
      0x0a,
      ...prefixed([...new TextEncoder().encode('bag')]),
      0x12,
      ...prefixed([0x22, 0]),
    ]),
  ];
  expect(() => walkOnnx(new Uint8Array([8, 8, 0x3a, ...prefixed(graph)]))).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED_MODEL',
      message: expect.stringContaining('"bag" is not a tensor') as string,
    }),
  );
});

test('outputs that are no tensors are named, and the tensors described', async () => {
  const cases = new URL('../../../../e2e/cases/models/', import.meta.url);
  const read = async (name: string) =>
    walkOnnx(new Uint8Array(await readFile(new URL(name, cases))));
  expect(await read('zipmap-str.onnx')).toMatchObject({
    outputs: [{ name: 'output_label', dtype: 'string' }],
    otherOutputs: ['output_probability'],
  });
  expect(await read('sequence-out.onnx')).toMatchObject({ outputs: [], otherOutputs: ['q'] });
});

test('graphs nested without end are refused before the stack is', () => {
  let graph: number[] = [];
  // graph { node { attribute { g: … } } }
  for (let depth = 0; depth < 200; depth += 1)
    graph = [0x0a, ...prefixed([0x2a, ...prefixed([0x32, ...prefixed(graph)])])];
  expect(() => walkOnnx(new Uint8Array([8, 8, 0x3a, ...prefixed(graph)]))).toThrow(
    'nested deeper than 32 levels',
  );
});

test.each(['cnn.onnx', 'branches.onnx', 'external.onnx'])(
  'a damaged %s gives a RegistryError or a model, never anything else',
  async (name) => {
    const whole = await fixture(name);
    const next = seededRandom(name.length);
    for (let run = 0; run < 1_500; run += 1) {
      const damaged = whole.slice(
        0,
        run % 3 === 0 ? Math.floor(next() * whole.length) : whole.length,
      );
      // Put half of the flips into the structure: the head and the tail.
      const at = (): number =>
        Math.floor(
          run % 2 === 0
            ? next() * damaged.length
            : (next() * 800 + damaged.length - 400) % damaged.length,
        );
      for (let flips = 0; flips <= run % 5; flips += 1)
        if (damaged.length > 0) damaged[at()]! ^= 1 << Math.floor(next() * 8);
      try {
        cutOnnxFile(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(RegistryError);
      }
    }
  },
);

/** The payload of a length-delimited field, preceded by its length. */
function prefixed(payload: readonly number[]): number[] {
  const length: number[] = [];
  for (let rest = payload.length; ; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) return [...length, ...payload];
  }
}
