import { expect, test } from 'vitest';
import {
  graphModel,
  modelFiles,
  node,
  ofType,
  placeholder,
  tensorInfo,
  weight,
} from './graph.fixture.ts';
import { failure, load } from './load.fixture.ts';

const splitNodes = [
  placeholder('x', [-1, 4]),
  node('axis', 'Const', [], { dtype: ofType('DT_INT32') }),
  node('split', 'Split', ['axis', 'x'], { num_split: { i: '2' } }),
];

function splitModel(further: Readonly<Record<string, unknown>>): Map<string, Uint8Array> {
  const json = {
    format: 'graph-model',
    modelTopology: { node: splitNodes, versions: {} },
    weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'axis', shape: [], dtype: 'int32' }] }],
    ...further,
  };
  return modelFiles(json, new Uint8Array(Int32Array.of(1).buffer), 'w.bin');
}

const X = { dtype: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) } as const;
const LEFT = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) };
const RIGHT = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) };

test.each(['wasm', 'cpu'] as const)(
  'all outputs of one node come back under the names of the signature, on %s',
  async (backend) => {
    const model = await load(
      splitModel({
        signature: {
          inputs: { image: tensorInfo('x:0', 'DT_FLOAT', [-1, 4]) },
          outputs: {
            left: tensorInfo('split:0', 'DT_FLOAT', [-1, 2]),
            right: tensorInfo('split:1', 'DT_FLOAT', [-1, 2]),
          },
        },
      }),
      backend,
    );
    expect(model.signature).toEqual({
      inputs: [{ name: 'image', dtype: 'float32', shape: [null, 4] }],
      outputs: [
        { name: 'left', dtype: 'float32', shape: [null, 2] },
        { name: 'right', dtype: 'float32', shape: [null, 2] },
      ],
    });
    expect(await model.run({ image: X })).toEqual({ left: LEFT, right: RIGHT });
    expect(await model.run({ image: X }, { outputs: ['right'] })).toEqual({ right: RIGHT });
    expect((await model.predict({ image: [1, 2, 3, 4] })).outputs).toEqual({
      left: LEFT,
      right: RIGHT,
    });
  },
);

test('names of nodes keep working beside those of the signature', async () => {
  const model = await load(
    splitModel({
      userDefinedMetadata: {
        signature: {
          inputs: { image: tensorInfo('x:0', 'DT_FLOAT') },
          outputs: {
            left: tensorInfo('split:0', 'DT_FLOAT'),
            right: tensorInfo('split:1', 'DT_FLOAT'),
          },
        },
      },
    }),
  );
  expect(await model.run({ x: X }, { outputs: ['split:1', 'left'] })).toEqual({
    'split:1': RIGHT,
    left: LEFT,
  });
  expect((await model.predict({ 'x:0': [1, 2, 3, 4] })).outputs).toEqual({
    left: LEFT,
    right: RIGHT,
  });
  await expect(model.run({ x: X, image: X })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('unknown input "x"') as string,
  });
});

test('without a signature, all outputs of a node that nothing else takes come back', async () => {
  const model = await load(splitModel({}));
  expect(await model.run({ x: X })).toEqual({ split: LEFT, 'split:1': RIGHT });
});

test('two names for one tensor both give it', async () => {
  const model = await load(
    splitModel({
      signature: {
        outputs: { a: tensorInfo('split:1', 'DT_FLOAT'), b: tensorInfo('split:1', 'DT_FLOAT') },
      },
    }),
  );
  expect(await model.run({ x: X })).toEqual({ a: RIGHT, b: RIGHT });
});

test('an input without a shape in the file takes any shape', async () => {
  const model = await load(
    graphModel(
      [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: ofType('DT_FLOAT'), shape: { shape: { unknownRank: true } } },
        },
        node('y', 'Relu', ['x']),
      ],
      {},
    ),
  );
  expect(model.signature.inputs).toEqual([
    { name: 'x', dtype: 'float32', shape: [], rank: 'unknown' },
  ]);
  expect(model.signature.outputs).toEqual([
    { name: 'y', dtype: 'float32', shape: [], rank: 'unknown' },
  ]);
  for (const shape of [[], [2], [1, 2, 2]]) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(2);
    expect(await model.run({ x: { dtype: 'float32', shape, data } })).toEqual({
      y: { dtype: 'float32', shape, data },
    });
  }
});

test('an input with a default value may be left out', async () => {
  const model = await load(
    graphModel(
      [
        placeholder('x', [-1]),
        weight('one'),
        { ...placeholder('scale', []), op: 'PlaceholderWithDefault', input: ['one'] },
        node('y', 'Mul', ['x', 'scale']),
      ],
      { one: { shape: [], values: [2] } },
    ),
  );
  const x = { dtype: 'float32', shape: [1], data: Float32Array.of(5) } as const;
  expect((await model.run({ x }))['y']?.data).toEqual(Float32Array.of(10));
  expect(
    (await model.run({ x, scale: { dtype: 'float32', shape: [], data: Float32Array.of(3) } }))['y']
      ?.data,
  ).toEqual(Float32Array.of(15));
});

test.each(['toString', 'constructor', '__proto__'])(
  'a node called %s is refused by name: TensorFlow.js would take it for something else',
  async (name) => {
    const error = await failure(graphModel([placeholder('x', [1]), node(name, 'Relu', ['x'])], {}));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_MODEL',
      message: expect.stringContaining(`node "${name}"`) as string,
    });
  },
);

test('a signature may use such names', async () => {
  const model = await load(
    graphModel(
      [placeholder('x', [1]), node('y', 'Relu', ['x'])],
      {},
      {
        signature: {
          inputs: { constructor: tensorInfo('x:0', 'DT_FLOAT', [1]) },
          outputs: { toString: tensorInfo('y:0', 'DT_FLOAT', [1]) },
        },
      },
    ),
  );
  const outputs = await model.run({
    constructor: { dtype: 'float32', shape: [1], data: Float32Array.of(4) },
  } as never);
  expect(Object.entries(outputs)).toEqual([
    ['toString', { dtype: 'float32', shape: [1], data: Float32Array.of(4) }],
  ]);
});

test('an output that its node does not have is named', async () => {
  const model = await load(
    graphModel(
      [placeholder('x', [1]), node('y', 'Relu', ['x'])],
      {},
      { signature: { outputs: { second: tensorInfo('y:1', 'DT_FLOAT', [1]) } } },
    ),
  );
  await expect(
    model.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(4) } }),
  ).rejects.toMatchObject({
    code: 'INFERENCE_FAILED',
    message: expect.stringContaining('"second"') as string,
  });
});
