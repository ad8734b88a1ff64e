// Configurations in the form of Keras 3, with the wrapped types and empty fields that it adds.

const FLOAT = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
};
export const initializer = (name: string) => ({
  module: 'keras.initializers',
  class_name: name,
  config: name === 'Zeros' ? {} : { seed: null },
  registered_name: null,
});
export const base = (name: string) => ({ name, trainable: true, dtype: FLOAT });
export const layer = (
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
export const inputLayer = (name: string, shape: readonly (number | null)[], dtype = 'float32') => ({
  batch_shape: shape,
  dtype,
  sparse: false,
  ragged: false,
  name,
});
export const dense = (name: string, units: number, activation: unknown = 'linear') => ({
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
export const tensor = (from: string, shape: readonly (number | null)[], call = 0, output = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [from, call, output] },
});
export const topology = (model: unknown, version = '3.5.0') => ({
  keras_version: version,
  backend: 'tensorflow',
  model_config: model,
});
export const sequential = (name: string, ...layers: readonly unknown[]) => ({
  class_name: 'Sequential',
  config: { ...base(name), layers, build_input_shape: [null, 2] },
});
export const functional = (layers: readonly unknown[], inputs: unknown, outputs: unknown) => ({
  class_name: 'Functional',
  config: { ...base('functional'), layers, input_layers: inputs, output_layers: outputs },
  registered_name: 'Functional',
  build_config: { input_shape: null },
});
