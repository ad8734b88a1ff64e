import { readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { loadModel } from 'perigee';
import type { Backend, Model, PredictInput, Tensor } from 'perigee';
import { fromFloat16, toFloat16 } from 'perigee/float16';
import { expect, onTestFinished, test } from 'vitest';
import { oneNodeModel } from '../engines/instant/onnx.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const BACKENDS = ['cpu', 'wasm', 'native'] as const;

/** Loads a model by file name or from bytes. */
async function load(model: string | Uint8Array, backend: Backend = 'cpu'): Promise<Model> {
  const loaded = await loadModel(typeof model === 'string' ? `${ROOT}e2e/${model}.onnx` : model, {
    backend,
  });
  onTestFinished(() => loaded.dispose());
  return loaded;
}

/** A model that answers with its input `x0`. */
const echo = (
  dtype: 'int8' | 'uint8' | 'int32' | 'int64' | 'float32' | 'float64' | 'bool' | 'string',
  rank = 1,
): Uint8Array =>
  oneNodeModel({
    op: 'Identity',
    inputs: [{ dtype, shape: Array.from({ length: rank }, () => 1), data: [] } as never],
    outputs: [[dtype, rank]],
  }).bytes;
const invalid = (message: string | RegExp) => ({
  code: 'INVALID_INPUT',
  message: (typeof message === 'string'
    ? expect.stringContaining(message)
    : expect.stringMatching(message)) as string,
});

test.each(BACKENDS)(
  'nested lists keep their shape, with BigInt and numbers in any position (%s)',
  async (backend) => {
    const model = await load('cases/models/int64', backend);
    const right = { dtype: 'int64', shape: [2, 2], data: BigInt64Array.of(2n, 3n, 4n, 5n) };
    const inputs = [
      [
        [1n, 2n],
        [3n, 4n],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2n],
        [3n, 4],
      ],
      [BigInt64Array.of(1n, 2n), [3, 4]],
    ] as PredictInput[];
    for (const ids of inputs) {
      expect((await model.predict(ids)).output).toEqual(right);
      expect((await model.predict({ ids } as PredictInput)).output).toEqual(right);
    }
    // 2^53 + 1 is no JavaScript number.
    const beyond = 9_007_199_254_740_993n;
    expect((await model.predict([[beyond]])).output).toEqual({
      dtype: 'int64',
      shape: [1, 1],
      data: BigInt64Array.of(beyond + 1n),
    });
    const bare = { dtype: 'int64', shape: [1, 4], data: BigInt64Array.of(1n, 2n, 3n, 4n) } as const;
    expect((await model.predict(bare)).output).toEqual({ ...right, shape: [1, 4] });
  },
);

test('ragged, mixed and ambiguous lists are refused with an error that says how to give a shape', async () => {
  const ids = await load('cases/models/int64');
  await expect(ids.predict([[1, 2, 3], [4]])).rejects.toMatchObject(
    invalid(
      'input "ids": expected int64 [batch, seq], got a list whose rows differ in length: [1] ' +
        'has 1 where 3 are expected',
    ),
  );
  await expect(ids.predict([1, [2]])).rejects.toMatchObject(
    invalid('a list with a list at [1] beside values'),
  );
  await expect(ids.predict([[1], 2])).rejects.toMatchObject(
    invalid('a list with 2 at [1] beside lists'),
  );
  const ambiguous = invalid(
    'That shape has 2 free dimensions, so several shapes fit. Nest the list, or pass { ' +
      'dtype, shape, data }.',
  );
  await expect(ids.predict([1, 2, 3])).rejects.toMatchObject(ambiguous);
  await expect(ids.predict(BigInt64Array.of(1n, 2n))).rejects.toMatchObject(ambiguous);
  const image = oneNodeModel({
    op: 'Identity',
    inputs: [{ dtype: 'float32', shape: [1, 1, 1, 3], data: new Float32Array(3) }],
    outputs: [['float32', 4]],
  });
  await expect((await load(image.bytes)).predict(new Float32Array(48))).rejects.toMatchObject(
    invalid('free dimensions, so several shapes fit'),
  );
});

test('a flat array gets the only shape that fits: one free dimension, or a single value', async () => {
  const nhwc = await load('cases/models/uint8-nhwc');
  for (const rows of [1, 3])
    expect((await nhwc.predict(new Uint8Array(48 * rows))).outputs['y']!.shape).toEqual([rows, 3]);
  await expect(nhwc.predict(new Uint8Array(50))).rejects.toMatchObject(
    invalid('Uint8Array of 50 values. 48 or a multiple values make that shape.'),
  );
  expect((await (await load('cases/models/int64')).predict(7)).output).toEqual({
    dtype: 'int64',
    shape: [1, 1],
    data: BigInt64Array.of(8n),
  });
});

test.each(BACKENDS)('one value for a scalar is taken in any form (%s)', async (backend) => {
  const { bytes } = oneNodeModel({
    op: 'Neg',
    inputs: [{ dtype: 'int64', shape: [], data: BigInt64Array.of(0n) }],
    outputs: [['int64', 0]],
  });
  const model = await load(bytes, backend);
  for (const x0 of [5n, 5, [5]] as never[])
    expect([...((await model.predict(x0)).outputs['y0']!.data as BigInt64Array)]).toEqual([-5n]);
  for (const x0 of [
    5n,
    5,
    [5],
    [[5n]],
    { dtype: 'int64', shape: [], data: BigInt64Array.of(5n) },
    { dtype: 'int64', shape: [1], data: BigInt64Array.of(5n) },
  ] as never[]) {
    expect([...((await model.predict({ x0 })).outputs['y0']!.data as BigInt64Array)]).toEqual([
      -5n,
    ]);
  }
  // Like the raw runtime, the output has the shape of the input.
  expect(
    (await model.run({ x0: { dtype: 'int64', shape: [1], data: BigInt64Array.of(5n) } }))['y0'],
  ).toEqual({ dtype: 'int64', shape: [1], data: BigInt64Array.of(-5n) });
});

test('an error in a nested list names its path; the limits of a dtype are accepted', async () => {
  const model = await load(echo('int8', 2), 'native');
  await expect(
    model.predict([
      [1, 2],
      [300, 4],
    ]),
  ).rejects.toMatchObject(invalid('300 at [1][0]'));
  expect((await model.predict([[-128, 127]])).output).toEqual({
    dtype: 'int8',
    shape: [1, 2],
    data: Int8Array.of(-128, 127),
  });
  const floats = await load(echo('float32'), 'native');
  expect(((await floats.predict([Number.NaN, -Infinity, true])).output as Tensor).data).toEqual(
    Float32Array.of(Number.NaN, -Infinity, 1),
  );
});

test.each([
  [
    'of another class',
    Float64Array.of(1, 2, 3, 4),
    'got Float64Array. float32 travels in a Float32Array.',
  ],
  [
    'of another class in a tensor',
    { dtype: 'float32', shape: [1, 4], data: Int32Array.of(1, 2, 3, 4) },
    'got Int32Array. float32 travels in a Float32Array.',
  ],
  ['that is a DataView', new DataView(new ArrayBuffer(16)), 'got a DataView'],
  ['that is null', { dtype: 'float32', shape: [1, 4], data: null }, 'data that is null'],
  ['that is missing', { x: undefined }, 'got undefined'],
  [
    'without a shape',
    { x: { dtype: 'float32', shape: null, data: new Float32Array(4) } },
    'the shape null',
  ],
  [
    'of a shape that is no shape',
    { x: { dtype: 'float32', shape: [-1, 4], data: new Float32Array(4) } },
    'Sizes are whole numbers from 0 up.',
  ],
] as const)('data %s is refused in words', async (_what, input, message) => {
  await expect((await load('models/mixes-rows')).predict(input as never)).rejects.toMatchObject(
    invalid(message),
  );
});

test('a value that is not an input is refused with an error that says so', async () => {
  const model = await load('models/mixes-rows');
  for (const [input, got] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [() => 1, 'function'],
  ] as const)
    await expect(model.predict(input as never)).rejects.toMatchObject(invalid(`got ${got}.`));
  for (const feeds of [null, undefined, 5, [1], new Float32Array(4)])
    await expect(model.run(feeds as never)).rejects.toMatchObject(
      invalid('run() takes tensors by name'),
    );
  await expect(
    model.run({ x: { dtype: 'float32', shape: [1, 4], data: null } } as never),
  ).rejects.toMatchObject(invalid('data that is null'));
});

test('an array whose memory is gone is named in the error in the error', async () => {
  const model = await load('models/mixes-rows');
  const gone = Float32Array.of(1, 2, 3, 4);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  await expect(model.predict({ x: gone })).rejects.toMatchObject(
    invalid('The input "x" is a Float32Array whose memory is gone'),
  );
  await expect(model.predict(gone)).rejects.toMatchObject(
    invalid('The input is a Float32Array whose memory is gone'),
  );
  await expect(
    model.run({ x: { dtype: 'float32', shape: [1, 4], data: gone } }),
  ).rejects.toMatchObject(invalid('memory is gone'));
});

/** A subclass whose constructor takes no length. */
class Samples extends Uint8Array {
  constructor(values: unknown) {
    super(values as number[]);
    if (typeof values === 'number') throw new Error('made by slice()');
  }
}

test.each([48, 48 * 1_000])('every class of array is copied (%i bytes)', async (bytes) => {
  const model = await load('cases/models/uint8-nhwc');
  const expected = (await model.predict(new Uint8Array(bytes).fill(7))).outputs['y'];
  const shared = new Uint8Array(new SharedArrayBuffer(bytes));
  const foreign = runInNewContext(`new Uint8Array(${bytes})`) as Uint8Array;
  const part = new Uint8Array(bytes + 8).subarray(3, bytes + 3);
  for (const array of [
    Buffer.alloc(bytes),
    Buffer.allocUnsafe(bytes),
    new Samples(Array.from({ length: bytes }, () => 0)),
    new Uint8ClampedArray(bytes),
    shared,
    foreign,
    part,
  ]) {
    array.fill(7);
    const calls = [
      model.predict(array),
      model.predict({ img: array }),
      model.run({
        img: { dtype: 'uint8', shape: [bytes / 48, 4, 4, 3], data: array as Uint8Array },
      }),
    ];
    array.fill(200);
    const answers = await Promise.all(calls);
    for (const answer of answers)
      expect('outputs' in answer ? (answer as { outputs: unknown }).outputs : answer).toEqual({
        y: expected,
      });
    expect(array[0]).toBe(200);
  }
});

test('fields of an object of a class are copied with it', async () => {
  const model = await load('cases/models/int64');
  class Row {
    ids = { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 2n) };
  }
  const row = new Row();
  const call = model.predict(row as never);
  row.ids.data.fill(0n);
  expect((await call).output).toMatchObject({ data: BigInt64Array.of(2n, 3n) });
});

test('a large Buffer prints no warning', async () => {
  const script = `import { loadModel } from 'perigee';
    const model = await loadModel(process.argv[1], { backend: 'cpu' });
    console.log((await model.predict(Buffer.alloc(48 * 1000))).outputs.y.shape.join());
    await model.dispose();`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script, `${ROOT}e2e/cases/models/uint8-nhwc.onnx`],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  );
  expect(stdout.trim()).toBe('1000,3');
  expect(stderr).not.toContain('Deprecat');
});

test('float16 inputs are made from numbers, and the helpers convert bit patterns', async () => {
  // IEEE 754: 0x3c00 = 1, 0xc000 = -2, 0x7bff = 65504, 0x0001 = 2^-24, 0x7c00 = infinity.
  expect([...toFloat16([1, -2, 65_504, 2 ** -24, Infinity])]).toEqual([
    0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00,
  ]);
  expect([...fromFloat16(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00))]).toEqual([
    1,
    -2,
    65_504,
    2 ** -24,
    Infinity,
    Number.NaN,
  ]);
});

test('a list of objects and the bytes of a file are refused as numbers', async () => {
  const model = await load('models/mixes-rows');
  await expect(model.predict([{}, {}] as never)).rejects.toMatchObject(
    invalid('an object at [0], which is no number'),
  );
  await expect(model.predict({ x: await readFile(`${ROOT}package.json`) })).rejects.toMatchObject(
    invalid('float32 travels in a Float32Array'),
  );
});
