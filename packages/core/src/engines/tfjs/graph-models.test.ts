import { loadModel, PerigeeError } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import {
  graphModel,
  modelFiles,
  node,
  placeholder,
  tensorInfo,
  weight,
  weightsOf,
} from './graph.fixture.ts';

const type = (name: string) => ({ type: name });

async function load(
  files: Map<string, Uint8Array>,
  backend: 'wasm' | 'cpu' = 'cpu',
): Promise<Model> {
  const model = await loadModel(files, { backend });
  onTestFinished(() => model.dispose());
  return model;
}

async function failure(files: Map<string, Uint8Array>): Promise<PerigeeError> {
  const error: unknown = await load(files).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(PerigeeError);
  return error as PerigeeError;
}

const splitNodes = [
  placeholder('x', [-1, 4]),
  node('axis', 'Const', [], { dtype: type('DT_INT32') }),
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

test('element types of outputs are those that come out', async () => {
  const model = await load(
    graphModel(
      [
        placeholder('x', [-1, 2]),
        node('zero', 'Const', []),
        node('positive', 'Greater', ['x', 'zero']),
        node('whole', 'Cast', ['x'], { SrcT: type('DT_FLOAT'), DstT: type('DT_INT64') }),
        node('shape', 'Shape', ['x'], { out_type: type('DT_INT32') }),
        node('plain', 'Relu', ['x']),
      ],
      { zero: { shape: [], values: [0] } },
    ),
  );
  expect(model.signature.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
    ['positive', 'bool'],
    ['whole', 'int32'],
    ['shape', 'int32'],
    ['plain', 'float32'],
  ]);
  const outputs = await model.run({
    x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -2.5, 0, 3) },
  });
  expect(outputs).toEqual({
    positive: { dtype: 'bool', shape: [2, 2], data: Uint8Array.of(1, 0, 0, 1) },
    whole: { dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, -2, 0, 3) },
    shape: { dtype: 'int32', shape: [2], data: Int32Array.of(2, 2) },
    plain: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, 0, 0, 3) },
  });
});

test('the graph gives element types where a first run on zeros cannot', async () => {
  // A first run needs sizes that are free; no made-up size can be split into 7 parts of 5.
  const model = await load(
    graphModel(
      [
        placeholder('x', [-1]),
        node('shape', 'Const', [], { dtype: type('DT_INT32') }),
        node('y', 'Reshape', ['x', 'shape']),
        node('zero', 'Const', []),
        node('positive', 'Greater', ['y', 'zero']),
        node('again', 'Identity', ['positive'], { T: type('DT_BOOL'), dtype: undefined }),
      ],
      {},
      {
        weightsManifest: [
          {
            paths: ['group1-shard1of1.bin'],
            weights: [
              { name: 'shape', shape: [2], dtype: 'int32' },
              { name: 'zero', shape: [], dtype: 'float32' },
            ],
          },
        ],
      },
    ).set('group1-shard1of1.bin', new Uint8Array(Int32Array.of(7, 5, 0).buffer)),
  );
  expect(model.signature.outputs).toEqual([
    { name: 'again', dtype: 'bool', shape: [], rank: 'unknown' },
  ]);
  const { again } = await model.run({
    x: { dtype: 'float32', shape: [35], data: new Float32Array(35).fill(1) },
  });
  expect(again).toEqual({ dtype: 'bool', shape: [7, 5], data: new Uint8Array(35).fill(1) });
});

test('texts go in and come out', async () => {
  const strings = { dtype: type('DT_STRING'), T: type('DT_STRING') };
  const model = await load(
    graphModel(
      [
        { ...placeholder('words', [-1]), attr: { ...placeholder('words', [-1]).attr, ...strings } },
        node('same', 'Identity', ['words'], strings),
      ],
      {},
    ),
  );
  expect(model.signature).toEqual({
    inputs: [{ name: 'words', dtype: 'string', shape: [null] }],
    outputs: [{ name: 'same', dtype: 'string', shape: [null] }],
  });
  const { same } = await model.run({
    words: { dtype: 'string', shape: [2], data: ['früh', 'spät'] },
  });
  expect(same).toEqual({ dtype: 'string', shape: [2], data: ['früh', 'spät'] });
});

test('64-bit inputs are int32, as TensorFlow.js takes them', async () => {
  const long = { dtype: type('DT_INT64'), T: type('DT_INT64') };
  const model = await load(
    graphModel(
      [
        { ...placeholder('ids', [-1]), attr: { ...placeholder('ids', [-1]).attr, ...long } },
        node('same', 'Identity', ['ids'], long),
      ],
      {},
      {
        signature: {
          inputs: { ids: tensorInfo('ids:0', 'DT_INT64', [-1]) },
          outputs: { same: tensorInfo('same:0', 'DT_INT64', [-1]) },
        },
      },
    ),
  );
  expect(model.signature).toMatchObject({
    inputs: [{ dtype: 'int32' }],
    outputs: [{ dtype: 'int32' }],
  });
  expect((await model.predict([1, 2])).outputs['same']).toEqual({
    dtype: 'int32',
    shape: [2],
    data: Int32Array.of(1, 2),
  });
});

test('an input of which the file gives no shape takes any', async () => {
  const model = await load(
    graphModel(
      [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: type('DT_FLOAT'), shape: { shape: { unknownRank: true } } },
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

test('complex outputs are refused with the way out', async () => {
  const complex = { T: type('DT_COMPLEX64'), Tcomplex: type('DT_COMPLEX64') };
  const error = await failure(
    graphModel(
      [
        placeholder('x', [2]),
        placeholder('i', [2]),
        node('z', 'Complex', ['x', 'i'], { Tout: type('DT_COMPLEX64') }),
        node('f', 'FFT', ['z'], complex),
      ],
      {},
    ),
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringMatching(
      /"f" has the element type complex64.*real and the imaginary part/,
    ) as string,
  });
});

test('a loop runs as often as its values say', async () => {
  const int = { T: type('DT_INT32'), dtype: type('DT_INT32') };
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
    attr: { ...placeholder(name, []).attr, dtype: type('DT_INT32') },
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
  // The first run, on zeros, would never end: it starts with 0 + 0 and 0 < 0 does not hold.
  const model = await load(files);
  expect((await model.run({ start: scalar(3), n: scalar(20) }))['doubled']).toEqual({
    dtype: 'int32',
    shape: [],
    data: Int32Array.of(24),
  });
});

const quantized = (quantization: Readonly<Record<string, unknown>>, shard: ArrayBufferView) =>
  modelFiles(
    {
      modelTopology: {
        node: [placeholder('x', [-1, 2]), weight('w'), node('y', 'Mul', ['x', 'w'])],
      },
      trainingConfig: { loss: 'none' },
      weightsManifest: [
        {
          paths: ['a.bin'],
          weights: [
            {
              name: 'w',
              shape: [2],
              dtype: 'float32',
              quantization: { original_dtype: 'float32', ...quantization },
            },
          ],
        },
      ],
    },
    new Uint8Array(shard.buffer as ArrayBuffer),
    'a.bin',
  );

test.each<[string, Map<string, Uint8Array>]>([
  ['uint8', quantized({ dtype: 'uint8', min: -1, scale: 0.5 }, Uint8Array.of(2, 8))],
  ['uint16', quantized({ dtype: 'uint16', min: -1, scale: 0.5 }, Uint16Array.of(2, 8))],
  ['float16', quantized({ dtype: 'float16' }, Uint16Array.of(0x0000, 0x4200))],
])('weights stored as %s are read, in a file without a format', async (_dtype, files) => {
  const model = await load(files);
  expect(
    (await model.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } }))['y']
      ?.data,
  ).toEqual(Float32Array.of(0, 6));
});

test('weights in two groups of several files are read in order', async () => {
  const { bytes } = weightsOf({
    a: { shape: [2], values: [1, 2] },
    b: { shape: [2], values: [30, 40] },
  });
  const json = {
    modelTopology: {
      node: [
        placeholder('x', [-1, 2]),
        weight('a'),
        weight('b'),
        node('p', 'Mul', ['x', 'a']),
        node('y', 'AddV2', ['p', 'b']),
      ],
    },
    weightsManifest: [
      { paths: ['g1#1.bin', 'g 1?2.bin'], weights: [{ name: 'a', shape: [2], dtype: 'float32' }] },
      { paths: ['sub/50%.bin'], weights: [{ name: 'b', shape: [2], dtype: 'float32' }] },
    ],
  };
  const files = modelFiles(json, bytes.slice(0, 3), 'g1#1.bin')
    .set('g 1?2.bin', bytes.slice(3, 8))
    .set('sub/50%.bin', bytes.slice(8));
  const model = await load(files);
  expect(
    (await model.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 1) } }))['y']
      ?.data,
  ).toEqual(Float32Array.of(31, 42));
});

test('all operators that TensorFlow.js lacks are named, and no backend is advised', async () => {
  const error = await failure(
    graphModel(
      [
        placeholder('x', [1]),
        node('a', 'Frobnicate', ['x']),
        node('b', 'MyOp', ['a']),
        node('c', 'MyOp', ['b']),
        node('unused', 'Relu', ['x']),
      ],
      {},
    ),
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operators: ['Frobnicate', 'MyOp'] },
  });
  expect(error.message).toMatch(
    /the operators Frobnicate, MyOp, which TensorFlow\.js does not have on any backend/,
  );
  expect(error.message).not.toMatch(/auto/);
});

test('a failed run is INFERENCE_FAILED whatever its nodes are called', async () => {
  // TensorFlow.js quotes names of nodes when an input is missing that the signature does not have.
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

const json = (text: string) =>
  modelFiles(null, new Uint8Array(0)).set('model.json', new TextEncoder().encode(text));

test.each<[string, Map<string, Uint8Array>, RegExp]>([
  [
    'a node twice',
    graphModel([placeholder('x', [1]), node('y', 'Relu', ['x']), node('y', 'Relu', ['x'])], {}),
    /two nodes "y"/,
  ],
  ['a node without a name', graphModel([placeholder('', [1])], {}), /node 0 is not/],
  [
    'an input that is not there',
    graphModel([placeholder('x', [1]), node('y', 'AddV2', ['x', 'gone:1'])], {}),
    /node "y" needs "gone:1"/,
  ],
  [
    'a weight that is not listed',
    graphModel([placeholder('x', [1]), weight('w'), node('y', 'AddV2', ['x', 'w'])], {}),
    /does not list the weights "w"/,
  ],
  [
    'a weight twice',
    graphModel(
      [placeholder('x', [1]), weight('w'), node('y', 'AddV2', ['x', 'w'])],
      {},
      {
        weightsManifest: [
          {
            paths: [],
            weights: [
              { name: 'w', shape: [0], dtype: 'float32' },
              { name: 'w', shape: [0], dtype: 'float32' },
            ],
          },
        ],
      },
    ),
    /lists the weight "w" twice/,
  ],
  [
    'a negative size of a weight',
    graphModel(
      [placeholder('x', [1])],
      {},
      { weightsManifest: [{ paths: [], weights: [{ name: 'w', shape: [-4], dtype: 'float32' }] }] },
    ),
    /weightsManifest/,
  ],
  [
    'an output of no node',
    graphModel(
      [placeholder('x', [1]), node('y', 'Relu', ['x'])],
      {},
      { signature: { outputs: { z: tensorInfo('gone:0', 'DT_FLOAT') } } },
    ),
    /output "z" of the node "gone:0"/,
  ],
  [
    'nodes in a circle',
    graphModel(
      [placeholder('x', [1]), node('a', 'AddV2', ['x', 'b']), node('b', 'Relu', ['a'])],
      {},
      { signature: { outputs: { y: tensorInfo('b:0', 'DT_FLOAT') } } },
    ),
    /nodes .*need each other/,
  ],
  [
    'no nodes',
    graphModel([], {}, { modelTopology: { nodes: [] } }),
    /neither a Keras configuration nor a list of nodes/,
  ],
  ['an empty graph', graphModel([], {}), /no outputs/],
  [
    '100,000 lists in each other',
    json('{"modelTopology":'.concat('['.repeat(100_000), ']'.repeat(100_000), '}')),
    /model\.json/,
  ],
  [
    '100,000 layers in each other',
    json(
      '{"modelTopology":{"class_name":"A","config":'.concat(
        '{"layer":{"class_name":"A","config":'.repeat(100_000),
        '{}',
        '}}'.repeat(100_000),
        '}}',
      ),
    ),
    /model\.json/,
  ],
])('%s ends in an error that says so', async (_what, files, says) => {
  const error = await failure(files);
  expect(['WRONG_CONTENT', 'UNSUPPORTED_MODEL']).toContain(error.code);
  expect(error.message).toMatch(says);
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
