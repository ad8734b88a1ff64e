import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wireWrite } from '@perigee/registry';
import { model as modelOf, node } from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import type { Model, Tensor } from 'perigee';
import { afterEach, expect, test } from 'vitest';

// Sequences, maps and optional values are written byte by byte. The field numbers are those of
// onnx.proto3.
const { bytesField, concat, textField, varintField } = wireWrite;
const BACKENDS = ['native', 'wasm'] as const;
const open: Model[] = [];

afterEach(async () => {
  for (const model of open.splice(0)) await model.dispose();
});

function tensorType(dtype: number, shape: (number | null)[]): Uint8Array {
  const dims = shape.map((size) =>
    bytesField(1, size === null ? new Uint8Array(0) : varintField(1, size)),
  );
  return bytesField(1, concat([varintField(1, dtype), bytesField(2, concat(dims))]));
}

function value(field: number, name: string, type: Uint8Array): Uint8Array {
  return bytesField(field, concat([textField(1, name), bytesField(2, type)]));
}

function sequenceOf(type: Uint8Array): Uint8Array {
  return bytesField(4, bytesField(1, type));
}

async function load(bytes: Uint8Array<ArrayBuffer>, backend?: 'native' | 'wasm'): Promise<Model> {
  const model = await loadModel(
    new Map([['model.onnx', new Blob([bytes])]]),
    backend ? { backend } : {},
  );
  open.push(model);
  return model;
}

/** A model of one ZipMap that imports only ai.onnx.ml. */
function zipMap(labels: number[]): Uint8Array<ArrayBuffer> {
  const map = sequenceOf(
    bytesField(5, concat([varintField(1, 7), bytesField(2, tensorType(1, []))])),
  );
  return modelOf(
    [
      node('ZipMap', ['x'], ['z'], { classlabels_int64s: labels }, { domain: 'ai.onnx.ml' }),
      value(11, 'x', tensorType(1, [null, labels.length])),
      value(12, 'z', map),
    ],
    { opsets: { 'ai.onnx.ml': 1 } },
  );
}

test.each([undefined, ...BACKENDS])(
  'a ZipMap with whole-number labels gives scores: %s',
  async (backend) => {
    const model = await load(zipMap([7, Number.MAX_SAFE_INTEGER]), backend);
    expect(model.signature.outputs).toMatchObject([
      { name: 'z', dtype: 'float32', labels: ['7', '9007199254740991'] },
    ]);
    const x: Tensor = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(0.25, 0.75, 1, 0) };
    expect((await model.run({ x }))['z']).toEqual(x);
    expect((await model.predict({ x })).output).toEqual(x);
  },
);

test.each(['cpu', 'native'] as const)(
  'inputs and outputs called __proto__ are refused by name: %s',
  async (backend) => {
    const type = tensorType(1, [1]);
    for (const [x, y, what] of [
      ['__proto__', 'y', 'input'],
      ['x', '__proto__', 'output'],
    ] as const) {
      const bytes = modelOf([node('Neg', [x], [y]), value(11, x, type), value(12, y, type)], {
        opsets: { '': 13 },
      });
      await expect(loadModel(bytes, { backend })).rejects.toMatchObject({
        code: 'UNSUPPORTED_MODEL',
        message: expect.stringContaining(`${what} called "__proto__"`) as string,
      });
    }
    // Other names that all objects have are allowed.
    const bytes = modelOf(
      [
        node('Neg', ['constructor'], ['toString']),
        value(11, 'constructor', type),
        value(12, 'toString', type),
      ],
      { opsets: { '': 13 } },
    );
    const model = await loadModel(bytes, { backend });
    open.push(model);
    const given: Tensor = { dtype: 'float32', shape: [1], data: Float32Array.of(2) };
    expect((await model.predict({ constructor: given } as never)).output).toEqual({
      ...given,
      data: Float32Array.of(-2),
    });
  },
);

test.each(BACKENDS)(
  'items of a sequence keep shapes of their own, and an empty sequence is an empty list on %s',
  async (backend) => {
    const item = tensorType(7, [null]);
    const model = await load(
      modelOf(
        [
          node('SequenceConstruct', ['a', 'b'], ['pair']),
          node('SequenceEmpty', [], ['none'], { dtype: 7 }),
          node('Identity', ['a'], ['same']),
          value(11, 'a', item),
          value(11, 'b', tensorType(7, [null, 2])),
          value(12, 'pair', sequenceOf(bytesField(1, varintField(1, 7)))),
          value(12, 'same', item),
          value(12, 'none', sequenceOf(item)),
        ],
        { opsets: { '': 13 } },
      ),
      backend,
    );
    const a: Tensor = { dtype: 'int64', shape: [3], data: BigInt64Array.of(1n, 2n ** 60n, -3n) };
    const b: Tensor = { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(4n, 5n) };
    expect(model.signature.outputs.map(({ name }) => name)).toEqual(['pair', 'same', 'none']);
    expect(await model.run({ a, b })).toEqual({ pair: [a, b], same: a, none: [] });
    expect(await model.run({ a, b }, { outputs: ['pair'] })).toEqual({ pair: [a, b] });
    const together = await model.predictMany([
      { a, b },
      { a, b },
      { a, b },
    ]);
    expect(together.map(({ output }) => output)).toEqual([
      [a, b],
      [a, b],
      [a, b],
    ]);
  },
);

test.each(BACKENDS)('an output without a form in JavaScript is named on %s', async (backend) => {
  const list = bytesField(4, bytesField(1, tensorType(1, [1])));
  const bytes = modelOf(
    [
      node('SequenceConstruct', ['x'], ['list']),
      node('Optional', ['list'], ['maybe']),
      value(11, 'x', tensorType(1, [1])),
      value(12, 'maybe', bytesField(9, bytesField(1, list))),
    ],
    { opsets: { '': 15 } },
  );
  const words = expect.stringContaining('"maybe"') as string;
  await expect(load(bytes, backend)).rejects.toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: words,
  });
});

test('a model that the native runtime does not take goes on to wasm', async () => {
  const bytes = modelOf(
    [
      node('StringNormalizer', ['x'], ['y'], { case_change_action: 'LOWER', locale: 'xx_XX' }),
      value(11, 'x', tensorType(8, [2])),
      value(12, 'y', tensorType(8, [null])),
    ],
    { opsets: { '': 10 } },
  );
  await expect(load(bytes, 'native')).rejects.toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringContaining('native') as string,
  });
  const model = await load(bytes);
  expect(model.backend).toBe('wasm');
  expect(
    (await model.run({ x: { dtype: 'string', shape: [2], data: ['Ab', 'C'] } }))['y']?.data,
  ).toEqual(['ab', 'c']);
});

/** y = x + w, where w is one float in a file beside the model. */
function external(path: string): Uint8Array<ArrayBuffer> {
  const location = bytesField(13, concat([textField(1, 'location'), textField(2, path)]));
  return modelOf(
    [
      node('Add', ['x', 'w'], ['y']),
      bytesField(
        5,
        concat([
          varintField(1, 1),
          varintField(2, 1),
          textField(8, 'w'),
          location,
          varintField(14, 1),
        ]),
      ),
      value(11, 'x', tensorType(1, [1])),
      value(12, 'y', tensorType(1, [1])),
    ],
    { opsets: { '': 13 } },
  );
}

const INSIDE = [
  'w.data',
  './w.data',
  'deep/w.data',
  'w#1.data',
  'w?1.data',
  'w 1%20.data',
  '%2e%2e.data',
];
const OUTSIDE = [
  '../w.data',
  '%2e%2e/w.data',
  '.\t./w.data',
  ' /w.data',
  ' http://127.0.0.1:9/w.data',
  'a/../../w.data',
  '..\\w.data',
  '/w.data',
];

test.each(BACKENDS)(
  'external data is read beside the model, and nowhere else, on %s',
  async (backend) => {
    const root = await mkdtemp(join(tmpdir(), 'perigee-external-'));
    try {
      const folder = join(root, 'model');
      await mkdir(join(folder, 'deep'), { recursive: true });
      const weight = new Uint8Array(Float32Array.of(40).buffer);
      await writeFile(join(root, 'w.data'), weight);
      const url = pathToFileURL(join(folder, 'model.onnx')).href;
      for (const path of INSIDE) {
        await writeFile(join(folder, path), weight);
        await writeFile(join(folder, 'model.onnx'), external(path));
        const model = await loadModel(url, { backend });
        open.push(model);
        expect(
          (await model.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(2) } }))['y']
            ?.data,
        ).toEqual(Float32Array.of(42));
      }
      for (const path of OUTSIDE) {
        await writeFile(join(folder, 'model.onnx'), external(path));
        const error = await loadModel(url, { backend }).catch((cause: unknown) => cause);
        expect(error).toMatchObject({ name: 'PerigeeError' });
        expect((error as { code: string }).code).toMatch(/^(UNSUPPORTED_MODEL|MODEL_NOT_FOUND)$/);
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
);

const PHRASES = [
  'x: Failed to allocate memory for requested buffer of size 12',
  'a\nFailed to allocate memory for requested buffer of size 9',
];
const LOAD_PHRASES = [
  ...PHRASES,
  'a: No Op registered for Foo',
  'Module.MountedFiles is not available',
  'External data path does not exist',
  'b: Unsupported model IR version: 3, max supported IR version: 2',
  "Name:'External data path does not exist",
];

test.each(BACKENDS)(
  'names of nodes that read like faults of the runtime are none on %s',
  async (backend) => {
    for (const phrase of PHRASES) {
      const gather = node('Gather', ['x', 'i'], [`${phrase} t`], {}, { name: phrase });
      const model = await load(
        modelOf(
          [
            gather,
            node('Neg', [`${phrase} t`], ['y']),
            value(11, 'x', tensorType(1, [3])),
            value(11, 'i', tensorType(7, [null])),
            value(12, 'y', tensorType(1, [null])),
          ],
          { opsets: { '': 13 } },
        ),
        backend,
      );
      const x: Tensor = { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) };
      const i: Tensor = { dtype: 'int64', shape: [1], data: BigInt64Array.of(99n) };
      await expect(model.run({ x, i })).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    }
    for (const phrase of LOAD_PHRASES) {
      const neg = node('Neg', ['x'], ['y'], {}, { name: phrase });
      const bytes = modelOf(
        [neg, value(11, 'x', tensorType(8, [1])), value(12, 'y', tensorType(8, [1]))],
        { opsets: { '': 13 } },
      );
      const words = expect.stringContaining(`The ${backend} backend cannot open`) as string;
      await expect(load(bytes, backend)).rejects.toMatchObject({
        code: 'UNSUPPORTED_MODEL',
        message: words,
      });
    }
  },
);
