// The same networks for TensorFlow.js: a layers model (model.json) and its weights, channels last,
// as its converter writes them.
/** @typedef {import('./types.d.ts').Layer} Layer */
/** @typedef {import('./types.d.ts').LayerWeight} LayerWeight */

/**
 * @param {import('./types.d.ts').MadeModel} model
 * @returns {{ json: object, weights: Uint8Array }}
 */
export function mlpLayers({ weights }) {
  const [w0, b0, w1, b1, w2, b2] = floats(weights);
  return pack([
    dense('d0', 32, 'relu', [w0, b0], { batch_input_shape: [null, 30] }),
    dense('d1', 16, 'relu', [w1, b1]),
    dense('d2', 1, 'linear', [w2, b2]),
  ]);
}

/**
 * @param {import('./types.d.ts').MadeModel} model
 * @returns {{ json: object, weights: Uint8Array }}
 */
export function cnnLayers({ weights }) {
  const [c0, b0, c1, b1, w, b] = floats(weights);
  return pack([
    conv('c0', 8, [c0, b0], { batch_input_shape: [null, 28, 28, 1] }),
    plain('MaxPooling2D', 'p0', {
      pool_size: [2, 2],
      strides: [2, 2],
      padding: 'valid',
      data_format: 'channels_last',
    }),
    conv('c1', 16, [c1, b1]),
    plain('MaxPooling2D', 'p1', {
      pool_size: [2, 2],
      strides: [2, 2],
      padding: 'valid',
      data_format: 'channels_last',
    }),
    plain('Flatten', 'f', {}),
    dense('d', 28, 'softmax', [flattenedLast(w, 16, 7 * 7), b]),
  ]);
}

/**
 * @param {string} className
 * @param {string} name
 * @param {object} config
 * @returns {Layer}
 */
function plain(className, name, config) {
  return { layer: { class_name: className, config: { name, ...config } }, weights: [] };
}

/**
 * @param {string} name
 * @param {number} units
 * @param {string} activation
 * @param {readonly LayerWeight[]} weights
 * @param {object} [config]
 * @returns {Layer}
 */
function dense(name, units, activation, [kernel, bias], config = {}) {
  return {
    layer: { class_name: 'Dense', config: { name, units, activation, use_bias: true, ...config } },
    weights: [named(`${name}/kernel`, kernel), named(`${name}/bias`, bias)],
  };
}

/**
 * @param {string} name
 * @param {number} filters
 * @param {readonly LayerWeight[]} weights
 * @param {object} [config]
 * @returns {Layer}
 */
function conv(name, filters, [kernel, bias], config = {}) {
  return {
    layer: {
      class_name: 'Conv2D',
      config: {
        name,
        filters,
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        activation: 'relu',
        data_format: 'channels_last',
        use_bias: true,
        ...config,
      },
    },
    weights: [named(`${name}/kernel`, channelsLast(kernel)), named(`${name}/bias`, bias)],
  };
}

/**
 * @param {string} name
 * @param {Pick<LayerWeight, 'dims' | 'data'>} weight
 * @returns {LayerWeight}
 */
const named = (name, { dims, data }) => ({ name, dims, data });

/**
 * [out, in, h, w] → [h, w, in, out].
 * @param {LayerWeight} weight
 */
function channelsLast({ dims: [to, from, height, width], data }) {
  const result = new Float32Array(data.length);
  for (const [index, value] of data.entries()) {
    const [o, i, y, x] = [
      Math.floor(index / (from * height * width)),
      Math.floor(index / (height * width)) % from,
      Math.floor(index / width) % height,
      index % width,
    ];
    result[((y * width + x) * from + i) * to + o] = value;
  }
  return { dims: [height, width, from, to], data: result };
}

/**
 * Reorders the rows of a matrix from channel by channel to place by place.
 * @param {LayerWeight} weight
 * @param {number} channels
 * @param {number} places
 * @returns {LayerWeight}
 */
function flattenedLast({ name, dims: [rows, columns], data }, channels, places) {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    const [channel, place] = [Math.floor(row / places), row % places];
    result.set(
      data.subarray(row * columns, (row + 1) * columns),
      (place * channels + channel) * columns,
    );
  }
  return { name, dims: [rows, columns], data: result };
}

/**
 * @param {import('./types.d.ts').MadeModel['weights']} weights
 * @returns {LayerWeight[]}
 */
function floats(weights) {
  return weights.map(({ name, dims, data }) => {
    if (data instanceof Float32Array) return { name, dims, data };
    throw new Error(`TensorFlow.js takes weights as floats, and ${name} has others.`);
  });
}

/** @param {readonly Layer[]} layers */
function pack(layers) {
  const tensors = layers.flatMap(({ weights }) => weights);
  const all = new Float32Array(tensors.reduce((sum, { data }) => sum + data.length, 0));
  let offset = 0;
  for (const { data } of tensors) {
    all.set(data, offset);
    offset += data.length;
  }
  const json = {
    format: 'layers-model',
    modelTopology: {
      keras_version: '2.0',
      backend: 'tensorflow',
      model_config: {
        class_name: 'Sequential',
        config: { name: 'bench', layers: layers.map(({ layer }) => layer) },
      },
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: tensors.map(({ name, dims }) => ({ name, shape: dims, dtype: 'float32' })),
      },
    ],
  };
  return { json, weights: new Uint8Array(all.buffer) };
}
