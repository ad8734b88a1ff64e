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
import { load } from './load.fixture.ts';

test.each(['wasm', 'cpu'] as const)('tensors without values go through, on %s', async (backend) => {
  const model = await load(
    graphModel([placeholder('x', [-1, 2]), node('y', 'Relu', ['x'])], {}),
    backend,
  );
  expect(
    await model.run({ x: { dtype: 'float32', shape: [0, 2], data: new Float32Array(0) } }),
  ).toEqual({ y: { dtype: 'float32', shape: [0, 2], data: new Float32Array(0) } });
});

test('an output that is a weight is there on each run', async () => {
  const model = await load(
    graphModel(
      [
        placeholder('x', [-1]),
        weight('w'),
        node('y', 'Mul', ['x', 'w']),
        node('same', 'Identity', ['w']),
      ],
      { w: { shape: [1], values: [3] } },
      {
        signature: {
          outputs: {
            w: tensorInfo('w:0', 'DT_FLOAT', [1]),
            y: tensorInfo('y:0', 'DT_FLOAT'),
            same: tensorInfo('same', 'DT_FLOAT'),
          },
        },
      },
    ),
  );
  for (let run = 0; run < 3; run += 1) {
    const outputs = await model.run({
      x: { dtype: 'float32', shape: [1], data: Float32Array.of(2) },
    });
    expect(
      Object.entries(outputs).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
    ).toEqual([
      ['w', [3]],
      ['y', [6]],
      ['same', [3]],
    ]);
  }
});

test('a loop runs as often as its values say', async () => {
  const int = { T: ofType('DT_INT32'), dtype: ofType('DT_INT32') };
  const condition = {
    signature: {
      name: 'goes_on',
      inputArg: [
        { name: 'i', type: 'DT_INT32' },
        { name: 'n', type: 'DT_INT32' },
      ],
      outputArg: [{ name: 'less', type: 'DT_BOOL' }],
    },
    nodeDef: [{ name: 'Less', op: 'Less', input: ['i', 'n'], attr: int }],
    ret: { less: 'Less:z:0' },
  };
  const body = {
    signature: {
      name: 'step',
      inputArg: [
        { name: 'i', type: 'DT_INT32' },
        { name: 'n', type: 'DT_INT32' },
      ],
      outputArg: [
        { name: 'next', type: 'DT_INT32' },
        { name: 'same', type: 'DT_INT32' },
      ],
    },
    nodeDef: [{ name: 'Sum', op: 'AddV2', input: ['i', 'i'], attr: int }],
    ret: { next: 'Sum:z:0', same: 'n' },
  };
  const input = (name: string) => ({
    ...placeholder(name, []),
    attr: { ...placeholder(name, []).attr, dtype: ofType('DT_INT32') },
  });
  const loop = node('loop', 'StatelessWhile', ['start', 'n'], {
    cond: { func: { name: 'goes_on' } },
    body: { func: { name: 'step' } },
    T: { list: { type: ['DT_INT32', 'DT_INT32'] } },
  });
  const files = modelFiles(
    {
      format: 'graph-model',
      modelTopology: {
        node: [input('start'), input('n'), loop],
        library: { function: [condition, body] },
        versions: {},
      },
      signature: { outputs: { doubled: tensorInfo('loop:0', 'DT_INT32') } },
      weightsManifest: [],
    },
    new Uint8Array(0),
  );
  const scalar = (value: number) =>
    ({ dtype: 'int32', shape: [], data: Int32Array.of(value) }) as const;
  // On zeros the dry run would never end: it starts with 0 + 0, and 0 < 0 does not hold.
  const model = await load(files);
  expect((await model.run({ start: scalar(3), n: scalar(20) }))['doubled']).toEqual({
    dtype: 'int32',
    shape: [],
    data: Int32Array.of(24),
  });
});

test('a failed run is INFERENCE_FAILED whatever its nodes are called', async () => {
  // If an input is missing that is not in the signature, TensorFlow.js quotes names of nodes.
  const missing = 'room/out of memory/allocation failed/context lost/device lost';
  const nodes = [
    placeholder('x', [-1]),
    placeholder(missing, [-1]),
    node('y', 'AddV2', ['x', missing]),
  ];
  const signature = { inputs: { x: tensorInfo('x:0', 'DT_FLOAT', [-1]) } };
  const model = await load(graphModel(nodes, {}, { signature }));
  const x = { dtype: 'float32', shape: [1], data: Float32Array.of(1) } as const;
  await expect(model.run({ x })).rejects.toMatchObject({
    code: 'INFERENCE_FAILED',
    message: expect.stringContaining(missing) as string,
  });
  expect(model.backend).toBe('cpu');
});

const chain = (length: number) => [
  placeholder('n0', [1]),
  ...Array.from({ length }, (_, i) => node(`n${i + 1}`, 'Relu', [`n${i}`])),
];

test('a chain of 20,000 nodes loads', async () => {
  const model = await load(graphModel(chain(20_000), {}));
  expect(
    (await model.run({ n0: { dtype: 'float32', shape: [1], data: Float32Array.of(7) } }))['n20000']
      ?.data,
  ).toEqual(Float32Array.of(7));
});
