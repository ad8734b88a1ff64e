import { loadModel, PerigeeError } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { layersModel } from './graph.fixture.ts';

// Configurations as Keras 3 writes them, with the wrapped types and empty fields that it adds.
const FLOAT = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
};
const initializer = (name: string) => ({
  module: 'keras.initializers',
  class_name: name,
  config: name === 'Zeros' ? {} : { seed: null },
  registered_name: null,
});
const base = (name: string) => ({ name, trainable: true, dtype: FLOAT });
const layer = (
  className: string,
  config: Readonly<Record<string, unknown>>,
  inbound?: readonly unknown[],
) => ({
  module: 'keras.layers',
  class_name: className,
  config,
  registered_name: null,
  build_config: { input_shape: [null, 2] },
  ...(inbound && { name: config['name'], inbound_nodes: inbound }),
});
const inputLayer = (name: string, shape: readonly (number | null)[], dtype = 'float32') => ({
  batch_shape: shape,
  dtype,
  sparse: false,
  ragged: false,
  name,
});
const dense = (name: string, units: number, activation: unknown = 'linear') => ({
  ...base(name),
  units,
  activation,
  use_bias: true,
  kernel_initializer: initializer('GlorotUniform'),
  bias_initializer: initializer('Zeros'),
  kernel_regularizer: null,
  bias_regularizer: null,
  kernel_constraint: null,
  bias_constraint: null,
});
const tensor = (from: string, shape: readonly (number | null)[], call = 0, output = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [from, call, output] },
});
const topology = (model: unknown, version = '3.5.0') => ({
  keras_version: version,
  backend: 'tensorflow',
  model_config: model,
});
const sequential = (name: string, ...layers: readonly unknown[]) => ({
  class_name: 'Sequential',
  config: { ...base(name), layers, build_input_shape: [null, 2] },
});
const functional = (layers: readonly unknown[], inputs: unknown, outputs: unknown) => ({
  class_name: 'Functional',
  config: { ...base('functional'), layers, input_layers: inputs, output_layers: outputs },
  registered_name: 'Functional',
  build_config: { input_shape: null },
});

const KERNEL = { shape: [2, 2], values: [1, 2, 3, 4] };
const BIAS = { shape: [2], values: [10, 20] };
/** x · kernel + bias, by hand. */
const through = ([a, b]: readonly [number, number]): [number, number] => [
  a + 3 * b + 10,
  2 * a + 4 * b + 20,
];

async function load(files: Map<string, Uint8Array>): Promise<Model> {
  const model = await loadModel(files, { backend: 'cpu' });
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

async function values(model: Model, input: unknown, output: string): Promise<number[]> {
  const { outputs } = await model.predict(input as never);
  return [...(outputs[output]!.data as Float32Array)];
}

test('a Sequential model of Keras 3 loads, its weights named from the model on', async () => {
  const model = await load(
    layersModel(
      topology(
        sequential(
          'sequential',
          layer('InputLayer', inputLayer('input_layer', [null, 2])),
          layer('Dense', dense('dense', 2, 'relu')),
          layer('Dropout', { ...base('dropout'), rate: 0.5, seed: null, noise_shape: null }),
        ),
      ),
      { 'sequential/dense/kernel': KERNEL, 'sequential/dense/bias': BIAS },
    ),
  );
  expect(model.signature).toEqual({
    inputs: [{ name: 'input_layer', dtype: 'float32', shape: [null, 2] }],
    outputs: [{ name: 'dropout/dropout', dtype: 'float32', shape: [null, 2] }],
  });
  const x = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
  expect(Object.keys(await model.run({ input_layer: x }, { outputs: ['dropout'] }))).toEqual([
    'dropout',
  ]);
  expect(await values(model, [1, 2], 'dropout/dropout')).toEqual(through([1, 2]));
  expect(await values(model, [-100, 0], 'dropout/dropout')).toEqual([0, 0]);
});

test('a Functional model of Keras 3 with two inputs, a shared layer and two outputs', async () => {
  const a = tensor('a', [null, 2]);
  const b = tensor('b', [null, 2]);
  const model = await load(
    layersModel(
      topology(
        functional(
          [
            layer('InputLayer', inputLayer('a', [null, 2]), []),
            layer('InputLayer', inputLayer('b', [null, 2]), []),
            layer('Dense', dense('shared', 2), [
              { args: [a], kwargs: {} },
              { args: [b], kwargs: {} },
            ]),
            layer('Add', base('sum'), [
              { args: [[tensor('shared', [null, 2]), tensor('shared', [null, 2], 1)]], kwargs: {} },
            ]),
          ],
          [
            ['a', 0, 0],
            ['b', 0, 0],
          ],
          [
            ['sum', 0, 0],
            ['shared', 0, 0],
          ],
        ),
      ),
      { 'shared/kernel': KERNEL, 'shared/bias': BIAS },
    ),
  );
  expect(model.signature.outputs.map(({ name }) => name)).toEqual(['sum', 'shared']);
  const input = { a: [1, 2], b: [3, 4] };
  const [first, second] = [through([1, 2]), through([3, 4])];
  expect(await values(model, input, 'sum')).toEqual([first[0] + second[0], first[1] + second[1]]);
  expect(await values(model, input, 'shared')).toEqual(first);
});

test('a model within a model, one input and one output without a list around them', async () => {
  const inner = sequential(
    'inner',
    layer('InputLayer', inputLayer('inner_input', [null, 2])),
    layer('Dense', dense('inner_dense', 2)),
  );
  const model = await load(
    layersModel(
      topology(
        functional(
          [
            layer('InputLayer', inputLayer('x', [null, 2]), []),
            {
              ...inner,
              name: 'inner',
              inbound_nodes: [
                { args: [tensor('x', [null, 2])], kwargs: { training: false, mask: null } },
              ],
            },
            layer('LeakyReLU', { ...base('leaky'), negative_slope: 0.5 }, [
              { args: [tensor('inner', [null, 2])], kwargs: {} },
            ]),
          ],
          ['x', 0, 0],
          ['leaky', 0, 0],
        ),
      ),
      { 'functional/inner/inner_dense/kernel': KERNEL, 'functional/inner/inner_dense/bias': BIAS },
    ),
  );
  expect(await values(model, [1, 2], 'leaky')).toEqual(through([1, 2]));
  expect(await values(model, [-20, 0], 'leaky')).toEqual([-5, -10]);
});

test('an LSTM layer of Keras 3 loads', async () => {
  const lstm = {
    ...base('lstm'),
    return_sequences: false,
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
    zero_output_for_mask: false,
    units: 1,
    activation: 'tanh',
    recurrent_activation: 'sigmoid',
    use_bias: true,
    kernel_initializer: initializer('GlorotUniform'),
    recurrent_initializer: {
      module: 'keras.initializers',
      class_name: 'OrthogonalInitializer',
      config: { gain: 1, seed: null },
      registered_name: null,
    },
    bias_initializer: initializer('Zeros'),
    unit_forget_bias: true,
    dropout: 0,
    recurrent_dropout: 0,
    seed: null,
  };
  const model = await load(
    layersModel(
      topology(
        sequential(
          'net',
          layer('InputLayer', inputLayer('steps', [null, 1, 1])),
          layer('LSTM', lstm),
        ),
      ),
      {
        'net/lstm/lstm_cell/kernel': { shape: [1, 4], values: [1, 2, 3, 4] },
        'net/lstm/lstm_cell/recurrent_kernel': { shape: [1, 4], values: [0, 0, 0, 0] },
        'net/lstm/lstm_cell/bias': { shape: [4], values: [0, 0, 0, 0] },
      },
    ),
  );
  // One step from a state of zeros: the gates are i, f, c, o in this order.
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const state = sigmoid(1) * Math.tanh(3);
  const [result] = await values(model, [1], model.signature.outputs[0]!.name);
  expect(result).toBeCloseTo(sigmoid(4) * Math.tanh(state), 5);
});

test("initial values and penalties, also those of one's own, do not matter", async () => {
  const config = {
    ...dense('dense', 2),
    kernel_initializer: {
      module: 'mine',
      class_name: 'MyInitializer',
      config: {},
      registered_name: 'mine>MyInitializer',
    },
    kernel_regularizer: {
      module: 'mine',
      class_name: 'MyPenalty',
      config: {},
      registered_name: 'mine>MyPenalty',
    },
  };
  const model = await load(
    layersModel(
      topology(
        sequential('s', layer('InputLayer', inputLayer('x', [null, 2])), layer('Dense', config)),
      ),
      { 's/dense/kernel': KERNEL, 's/dense/bias': BIAS },
    ),
  );
  expect(await values(model, [1, 2], model.signature.outputs[0]!.name)).toEqual(through([1, 2]));
});

test('the silu activation and whole-number inputs of Keras 3', async () => {
  const model = await load(
    layersModel(
      topology(
        sequential(
          's',
          layer('InputLayer', inputLayer('ids', [null, 1], 'int64')),
          layer('Embedding', {
            ...base('embedding'),
            input_dim: 3,
            output_dim: 1,
            embeddings_initializer: initializer('RandomUniform'),
            embeddings_regularizer: null,
            activity_regularizer: null,
            embeddings_constraint: null,
            mask_zero: false,
          }),
          layer('Activation', { ...base('act'), activation: 'silu' }),
        ),
      ),
      { 's/embedding/embeddings': { shape: [3, 1], values: [0, 1, 2] } },
    ),
  );
  expect(model.signature.inputs).toEqual([{ name: 'ids', dtype: 'int32', shape: [null, 1] }]);
  const [result] = await values(model, [2], model.signature.outputs[0]!.name);
  expect(result).toBeCloseTo(2 / (1 + Math.exp(-2)), 5);
});

test('a model of Keras 2 loads as before, with two outputs of one layer', async () => {
  const old = (
    className: string,
    name: string,
    config: Readonly<Record<string, unknown>>,
    inbound: readonly unknown[],
  ) => ({
    class_name: className,
    config: { name, trainable: true, ...config },
    name,
    inbound_nodes: inbound,
  });
  const model = await load(
    layersModel(
      {
        keras_version: '2.15.0',
        backend: 'tensorflow',
        model_config: {
          class_name: 'Functional',
          config: {
            name: 'net',
            layers: [
              old('InputLayer', 'a', { batch_input_shape: [null, 2], dtype: 'float32' }, []),
              old('InputLayer', 'b', { batch_input_shape: [null, 2], dtype: 'float32' }, []),
              old('Dense', 'shared', { units: 2, activation: 'linear', use_bias: true }, [
                [['a', 0, 0, {}]],
                [['b', 0, 0, {}]],
              ]),
            ],
            input_layers: [
              ['a', 0, 0],
              ['b', 0, 0],
            ],
            output_layers: [
              ['shared', 0, 0],
              ['shared', 1, 0],
            ],
          },
        },
      },
      { 'shared/kernel': KERNEL, 'shared/bias': BIAS },
    ),
  );
  const input = { a: [1, 2], b: [3, 4] };
  expect(await values(model, input, 'shared')).toEqual(through([1, 2]));
  expect(await values(model, input, 'shared:1')).toEqual(through([3, 4]));
});

test('all layers and activations that are missing are named, with the way out', async () => {
  const error = await failure(
    layersModel(
      topology(
        sequential(
          's',
          layer('InputLayer', inputLayer('x', [null, 2])),
          { ...layer('MyLayer', base('first')), registered_name: 'mine>MyLayer' },
          layer('MyLayer', base('second')),
          layer('GroupNormalization', base('norm')),
          layer('Dense', dense('dense', 2, 'celu')),
        ),
      ),
      {},
    ),
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operators: ['MyLayer', 'GroupNormalization', 'celu'] },
  });
  expect(error.message).toMatch(
    /MyLayer \("first", "second"\), GroupNormalization \("norm"\) and the activations celu.*tensorflowjs_converter --input_format=tf_saved_model/,
  );
  expect(error.message).not.toMatch(/auto|registerClass/);
});

const net = (...layers: readonly unknown[]) =>
  topology(sequential('s', layer('InputLayer', inputLayer('x', [null, 2])), ...layers));
const waits = functional(
  [
    layer('InputLayer', inputLayer('x', [null, 2]), []),
    layer('Dense', dense('d', 2), [{ args: [tensor('gone', [null, 2])], kwargs: {} }]),
  ],
  [['x', 0, 0]],
  [['d', 0, 0]],
);
const circle = functional(
  [
    layer('InputLayer', inputLayer('x', [null, 2]), []),
    layer('Dense', dense('d', 2), [{ args: [tensor('e', [null, 2])], kwargs: {} }]),
    layer('Dense', dense('e', 2), [{ args: [tensor('d', [null, 2])], kwargs: {} }]),
  ],
  [['x', 0, 0]],
  [['d', 0, 0]],
);
const mask = functional(
  [
    layer('InputLayer', inputLayer('x', [null, 2]), []),
    layer('Dense', dense('d', 2), [
      { args: [tensor('x', [null, 2])], kwargs: { mask: tensor('x', [null, 2]) } },
    ]),
  ],
  [['x', 0, 0]],
  [['d', 0, 0]],
);

test.each<[string, unknown, RegExp]>([
  [
    'a call that waits for a layer that is not there',
    topology(waits),
    /layers "d" wait for tensors that no layer makes/,
  ],
  ['layers that wait for each other', topology(circle), /layers "d", "e" wait for tensors/],
  [
    'a hard sigmoid, which is another function in Keras 3',
    net(layer('Dense', dense('d', 2, 'hard_sigmoid'))),
    /hard_sigmoid of Keras 3.*tf_saved_model/,
  ],
  [
    'a ReLU with a slope',
    net(layer('ReLU', { ...base('r'), negative_slope: 0.1, max_value: null, threshold: 0 })),
    /slope or a threshold.*tf_saved_model/,
  ],
  ['a call that takes a tensor by name', topology(mask), /a tensor as "mask".*tf_saved_model/],
  [
    'a GRU that resets after its product',
    net(layer('GRU', { ...base('g'), units: 1, reset_after: true })),
    /reset_after.*tf_saved_model/,
  ],
  [
    'a layer without a configuration',
    net({ class_name: 'Dense' }),
    /a layer without "class_name" and "config"/,
  ],
  ['weights that are not there', net(layer('Dense', dense('d', 2))), /d\/kernel.*tf_saved_model/],
])('%s ends in an error that says so', async (_what, config, says) => {
  const error = await failure(layersModel(config, {}));
  expect(['WRONG_CONTENT', 'UNSUPPORTED_MODEL']).toContain(error.code);
  expect(error.message).toMatch(says);
});
