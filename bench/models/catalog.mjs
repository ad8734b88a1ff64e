// The measured models, for Node and for the page: every model's file, inputs and output.
/** @typedef {import('./types.d.ts').BenchModel} BenchModel */
/** @typedef {import('./types.d.ts').NamedModel} NamedModel */
/** @typedef {import('./types.d.ts').ModelInput} ModelInput */

/**
 * @param {number} side
 * @returns {ModelInput[]}
 */
const image = (side) => [{ name: 'pixel_values', dtype: 'float32', shape: [1, 3, side, side] }];
/**
 * @param {number} side
 * @returns {ModelInput[]}
 */
const grey = (side) => [{ name: 'input', dtype: 'float32', shape: [1, 1, side, side] }];
/**
 * @param {number} count
 * @returns {ModelInput[]}
 */
const tokens = (count) =>
  ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
    name,
    dtype: 'int64',
    shape: [1, count],
  }));

/**
 * `calls`: calls in one group of a round; `rounds`: number of groups; `burst`: calls at once when
 * concurrency is measured. `large`: a call takes 20 ms or more; `quick`: used in a quick run where
 * a figure needs a page; `peers`: the peers that have the same network.
 * @type {readonly BenchModel[]}
 */
export const MODELS = [
  {
    name: 'mlp',
    title: 'MLP 30-32-16-1',
    inputs: [{ name: 'input', dtype: 'float32', shape: [1, 30] }],
    output: 'output',
    calls: 20,
    rounds: 150,
    burst: 64,
    quick: true,
    peers: ['tfjs'],
  },
  {
    name: 'cnn',
    title: 'CNN 28×28',
    inputs: [{ name: 'input', dtype: 'float32', shape: [1, 1, 28, 28] }],
    output: 'output',
    calls: 20,
    rounds: 150,
    burst: 64,
    peers: ['tfjs'],
  },
  {
    name: 'digits',
    title: 'digits 8×8',
    inputs: [{ name: 'image', dtype: 'float32', shape: [1, 1, 8, 8] }],
    output: 'logits',
    calls: 20,
    rounds: 150,
    burst: 64,
    peers: [],
  },
  {
    name: 'mobilenet',
    title: 'MobileNetV2 224×224',
    inputs: image(224),
    output: 'logits',
    calls: 3,
    rounds: 25,
    burst: 16,
    large: true,
    quick: true,
    peers: ['transformers'],
  },
  {
    name: 'minilm',
    title: 'MiniLM-sized encoder, 128 tokens',
    inputs: tokens(128),
    output: 'last_hidden_state',
    calls: 2,
    rounds: 15,
    burst: 8,
    large: true,
    peers: ['transformers'],
  },
];

/** Two convolutions over images of growing size. `millions`: multiplications a run, in millions. */
export const CONVOLUTIONS = [16, 28, 48, 80, 104, 144, 208].map((side) => ({
  name: `conv${side}`,
  title: `${side}×${side}`,
  side,
  millions: (side * side * 9 * 8 + (side / 2) ** 2 * 9 * 8 * 16 + 16 * 10) / 1e6,
  inputs: grey(side),
  output: 'output',
  calls: 3,
  warmUp: 40,
}));

/**
 * A model for measuring how inputs are carried; see generate.mjs.
 * @type {NamedModel}
 */
export const WIDE = {
  name: 'wide',
  title: '602 KB input',
  inputs: [{ name: 'input', dtype: 'float32', shape: [1, 3, 224, 224] }],
  output: 'output',
};

/**
 * A model of 302 MB whose weights are in a file beside it; see external-data.mjs.
 * @type {NamedModel}
 */
export const APART = {
  name: 'apart',
  title: '302 MB, weights apart',
  inputs: [{ name: 'input', dtype: 'float32', shape: [1, 2048] }],
  output: 'output',
  beside: ['apart.onnx.data'],
};

/**
 * Calls before anything is timed: new wasm code is slow, and is compiled again while it runs.
 * @param {Pick<NamedModel, 'large' | 'warmUp'>} model
 */
export const warmUpCalls = ({ large, warmUp }) => warmUp ?? (large ? 20 : 300);

/**
 * @param {string} name
 * @returns {NamedModel}
 */
export function modelNamed(name) {
  const found = [...MODELS, ...CONVOLUTIONS, WIDE, APART].find((model) => model.name === name);
  if (!found) throw new Error(`The catalog has no model "${name}".`);
  return found;
}

/**
 * Inputs by name that differ by `seed`: { dtype, shape, data }.
 * @param {Pick<NamedModel, 'inputs'>} model
 * @param {number} [seed]
 * @returns {import('./types.d.ts').Feeds}
 */
export function makeFeeds({ inputs }, seed = 0) {
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const data =
        dtype === 'int64'
          ? BigInt64Array.from({ length }, (_, i) =>
              name === 'input_ids'
                ? BigInt((i * 31 + seed * 7) % 1000)
                : name === 'attention_mask'
                  ? 1n
                  : 0n,
            )
          : Float32Array.from({ length }, (_, i) => Math.sin(i + seed));
      return [name, { dtype, shape, data }];
    }),
  );
}
