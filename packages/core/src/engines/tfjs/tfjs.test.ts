import { loadModel, PerigeeError } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { graphModel, node, placeholder, weight } from './graph.fixture.ts';
import { shardPaths } from './model-json.ts';

const W = { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] };
const B = { shape: [3], values: [0.5, -20, 1] };
/** A graph model of relu(x · w + b), fused into one node as the converter does. */
const dense = () =>
  graphModel(
    [
      placeholder('x', [-1, 2]),
      weight('w'),
      weight('b'),
      node('product', 'MatMul', ['x', 'w'], {
        transpose_a: { b: false },
        transpose_b: { b: false },
      }),
      node('sum', 'BiasAdd', ['product', 'b']),
      node('y', 'Relu', ['sum']),
    ],
    { w: W, b: B },
  );

async function load(
  files: Map<string, Uint8Array>,
  backend: 'wasm' | 'cpu' | 'auto',
): Promise<Model> {
  const model = await loadModel(files, { backend });
  onTestFinished(() => model.dispose());
  return model;
}

test.each(['wasm', 'cpu'] as const)(
  'a graph model gives the numbers worked out by hand, on %s',
  async (backend) => {
    const model = await load(dense(), backend);
    expect(model).toMatchObject({
      backend,
      engine: 'tfjs',
      signature: {
        inputs: [{ name: 'x', dtype: 'float32', shape: [null, 2] }],
        outputs: [{ name: 'y', dtype: 'float32' }],
      },
    });
    const { y } = await model.run({
      x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 0, -1) },
    });
    // 1·1+2·4+0.5, 1·2+2·5−20 → 0, 1·3+2·6+1; −4+0.5 → 0, −25 → 0, −6+1 → 0
    expect(y).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: Float32Array.of(9.5, 0, 16, 0, 0, 0),
    });
  },
);

test('single predictions run in batches', async () => {
  const model = await load(dense(), 'cpu');
  const answers = await model.predictMany(
    Array.from({ length: 60 }, (_, i) => Float32Array.of(i, 0)),
  );
  answers.forEach(({ outputs }, i) =>
    expect([...(outputs['y']!.data as Float32Array)]).toEqual([
      i + 0.5,
      Math.max(0, 2 * i - 20),
      3 * i + 1,
    ]),
  );
  expect(Math.max(...answers.map(({ timing }) => timing.batchSize))).toBeGreaterThan(4);
});

/** A layers model of y = softmax(x · w + b), with a Keras configuration. */
function layersModel(): Map<string, Uint8Array> {
  const config = {
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [
        {
          class_name: 'Dense',
          config: {
            units: 3,
            activation: 'softmax',
            use_bias: true,
            name: 'scores',
            trainable: true,
            batch_input_shape: [null, 2],
            dtype: 'float32',
          },
        },
      ],
    },
  };
  const specs = [
    { name: 'scores/kernel', shape: W.shape, dtype: 'float32' },
    { name: 'scores/bias', shape: [3], dtype: 'float32' },
  ];
  const data = Float32Array.from([...W.values, 0.5, -1, 1]);
  const json = {
    format: 'layers-model',
    modelTopology: {
      model_config: config,
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: specs }],
  };
  const bytes = new Uint8Array(data.buffer);
  return new Map([
    ['net/model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['net/a.bin', bytes.slice(0, 10)],
    ['net/b.bin', bytes.slice(10)],
  ]);
}

test.each(['wasm', 'cpu'] as const)(
  'a layers model in a folder, its weights in two shards, on %s',
  async (backend) => {
    const model = await load(layersModel(), backend);
    const { outputs, output } = await model.predict(Float32Array.of(0.1, 0.2));
    const scores = [0.1 + 0.8 + 0.5, 0.2 + 1 - 1, 0.3 + 1.2 + 1].map(Math.exp);
    const total = scores.reduce((sum, score) => sum + score, 0);
    expect(Object.keys(outputs).length).toBe(1);
    [...(output as unknown as { data: Float32Array }).data].forEach((value, i) =>
      expect(value).toBeCloseTo(scores[i]! / total, 5),
    );
  },
);

test('an operator that wasm lacks moves the model to the next backend, and trials say so', async () => {
  // x · wᵀ as an Einsum, for which the wasm backend has no kernel.
  const files = graphModel(
    [
      placeholder('x', [2, 2]),
      weight('w'),
      node('y', 'Einsum', ['x', 'w'], { equation: { s: btoa('ij,jk->ik') }, N: { i: '2' } }),
    ],
    { w: W },
  );
  await expect(load(files, 'wasm')).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operator: 'Einsum', backend: 'wasm' },
    message: expect.stringContaining('Einsum') as string,
  });
  const model = await load(files, 'auto');
  expect(model.backend).toBe('cpu');
  expect(model.trials).toMatchObject([
    { backend: 'wasm', verdict: 'failed', reason: expect.stringContaining('Einsum') as string },
  ]);
  const { y } = await model.run({
    x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) },
  });
  expect(y!.data).toEqual(Float32Array.from(W.values));
});

test('an operator whose result depends on values runs too', async () => {
  // The indexes of values other than zero. Their number is known only after the run.
  const files = graphModel([placeholder('x', [-1]), node('y', 'Where', ['x'])], {});
  const model = await load(files, 'cpu');
  const { y } = await model.run({
    x: { dtype: 'float32', shape: [4], data: Float32Array.of(0, 3, 0, 5) },
  });
  expect(y).toEqual({ dtype: 'int32', shape: [2, 1], data: Int32Array.of(1, 3) });
});

test('an operator nobody has is named', async () => {
  await expect(
    load(graphModel([placeholder('x', [1]), node('y', 'Frobnicate', ['x'])], {}), 'cpu'),
  ).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    message: expect.stringContaining('Frobnicate') as string,
  });
});

test.each<[string, (files: Map<string, Uint8Array>) => void, RegExp]>([
  [
    'a weight file that is missing',
    (files) => files.delete('group1-shard1of1.bin'),
    /group1-shard1of1\.bin.*not among the files/,
  ],
  [
    'a weight file that is cut off',
    (files) => files.set('group1-shard1of1.bin', new Uint8Array(7)),
    /have 7 bytes in all.* take 36/,
  ],
  [
    'text that is no JSON',
    (files) => files.set('model.json', new TextEncoder().encode('{"modelTopology":')),
    /no JSON object/,
  ],
  [
    'JSON that is no model',
    (files) => files.set('model.json', new TextEncoder().encode('{"vocab":{}}')),
    /no "modelTopology"/,
  ],
  [
    'a manifest of the wrong shape',
    (files) =>
      files.set(
        'model.json',
        new TextEncoder().encode('{"modelTopology":{"node":[]},"weightsManifest":[{"paths":[7]}]}'),
      ),
    /weightsManifest/,
  ],
  [
    'claims of petabytes',
    (files) =>
      files.set(
        'model.json',
        new TextEncoder().encode(
          '{"modelTopology":{"node":[]},"weightsManifest":[{"paths":["group1-shard1of1.bin"],' +
            '"weights":[{"name":"w","shape":[1000000,1000000,1000],"dtype":"float32"}]}]}',
        ),
      ),
    /take 4000000000000000/,
  ],
  [
    'a topology of numbers',
    (files) =>
      files.set('model.json', new TextEncoder().encode('{"modelTopology":{"node":[1,2,3]}}')),
    /model\.json/,
  ],
  [
    'a node that needs itself',
    (files) =>
      files.set(
        'model.json',
        new TextEncoder().encode(
          JSON.stringify({ modelTopology: { node: [node('y', 'Relu', ['y'])] } }),
        ),
      ),
    /model\.json|model/,
  ],
])('%s ends in an error that says so', async (_what, change, says) => {
  const files = dense();
  change(files);
  const error = await load(files, 'cpu')
    .then(
      (model) => model.run({}),
      (caught: unknown) => caught,
    )
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PerigeeError);
  expect((error as Error).message).toMatch(says);
});

test('paths of weights that lead out of the folder are refused', () => {
  const json = (path: string) =>
    new TextEncoder().encode(JSON.stringify({ weightsManifest: [{ paths: [path], weights: [] }] }));
  expect(shardPaths(json('a/b.bin'))).toEqual(['a/b.bin']);
  for (const path of ['../secret', 'https://elsewhere.example/w.bin', '/etc/passwd', 'a/../../b'])
    expect(() => shardPaths(json(path))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MODEL' }),
    );
  expect(shardPaths(new TextEncoder().encode('no json'))).toEqual([]);
});
