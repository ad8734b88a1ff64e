import type { Model } from 'perigee';
import { expect, test } from 'vitest';
import { layersModel } from './graph.fixture.ts';
import {
  base,
  dense,
  functional,
  initializer,
  inputLayer,
  layer,
  sequential,
  tensor,
  topology,
} from './keras.fixture.ts';
import { load } from './load.fixture.ts';

const KERNEL = { shape: [2, 2], values: [1, 2, 3, 4] };
const BIAS = { shape: [2], values: [10, 20] };
/** The expected x · kernel + bias, computed without TensorFlow.js. */
const through = ([a, b]: readonly [number, number]): [number, number] => [
  a + 3 * b + 10,
  2 * a + 4 * b + 20,
];

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
  // One step of an LSTM from a state of zeros. The gates are in the order i, f, c, o.
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const state = sigmoid(1) * Math.tanh(3);
  const [result] = await values(model, [1], model.signature.outputs[0]!.name);
  expect(result).toBeCloseTo(sigmoid(4) * Math.tanh(state), 5);
});

test('initial values and penalties do not matter, also custom ones', async () => {
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
