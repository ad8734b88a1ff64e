import { tensor } from '../random.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').Generator} Generator */
/**
 * @typedef {object} Own
 * @property {readonly Dtype[]} [dtypes]
 * @property {number | readonly number[]} [opset]
 * @property {(random: Random) => import('../types.d.ts').Attributes} [attributes]
 */

/**
 * @param {string} op
 * @param {Own & import('../types.d.ts').Range} [options]
 * @returns {[string, Generator]}
 */
const each = (
  op,
  { dtypes = ['float32'], opset = 13, attributes = () => ({}), low, high, tame } = {},
) => [
  op,
  (random) => {
    const dtype = random.pick(dtypes);
    return {
      op,
      opset: typeof opset === 'number' ? opset : random.pick(opset),
      inputs: [tensor(random, dtype, random.shape(), { low, high, tame })],
      attributes: attributes(random),
      outputs: [dtype],
    };
  },
];
/**
 * @param {readonly string[]} names
 * @returns {(random: Random) => import('../types.d.ts').Attributes}
 */
const some = (names) => (random) =>
  Object.fromEntries(
    names
      .filter(() => random.chance(0.6))
      .map((name) => [name, { float: random.pick([0, 0.01, 0.5, 1, 2]) }]),
  );
/** @type {Dtype[]} */
const FLOATS = ['float32', 'float64'];
/** @type {Dtype[]} */
const SIGNED = ['float32', 'float64', 'int32', 'int64', 'int8'];

/**
 * @param {string} op
 * @returns {[string, Generator]}
 */
const softmax = (op) => [
  op,
  (random) => {
    const rank = random.between(1, 4);
    const opset = random.pick([7, 11, 12, 13, 17]);
    const shape = random.shape(rank);
    const dtype = random.pick(op === 'Hardmax' ? ['float32'] : FLOATS);
    return {
      op,
      opset,
      inputs: [tensor(random, dtype, shape, { tame: op !== 'Softmax' })],
      attributes: random.chance(0.8)
        ? { axis: opset < 11 ? random.between(0, rank - 1) : random.axis(rank) }
        : {},
      outputs: [dtype],
    };
  },
];

/** @type {Record<string, Generator>} */
export const ACTIVATIONS = Object.fromEntries([
  each('Neg', { dtypes: SIGNED }),
  each('Abs', { dtypes: [...SIGNED, 'uint8'] }),
  each('Sign', { dtypes: [...SIGNED, 'uint8'] }),
  each('Relu', { dtypes: [...FLOATS, 'int32', 'int8'], opset: 14 }),
  each('Sqrt', { dtypes: FLOATS }),
  each('Exp', { dtypes: FLOATS }),
  each('Log', { dtypes: FLOATS }),
  each('Reciprocal', { dtypes: FLOATS }),
  each('Floor', { dtypes: FLOATS }),
  each('Ceil', { dtypes: FLOATS }),
  each('Round', { dtypes: FLOATS, low: -9, high: 9 }),
  each('Erf'),
  each('Sigmoid', { dtypes: FLOATS, low: -20, high: 20 }),
  each('Tanh', { dtypes: FLOATS }),
  each('Sin', { dtypes: FLOATS }),
  each('Cos', { dtypes: FLOATS }),
  each('Tan', { low: -1.4, high: 1.4, tame: true }),
  each('Softplus'),
  each('Softsign'),
  each('HardSwish', { opset: 14, low: -6, high: 6 }),
  each('LeakyRelu', { attributes: some(['alpha']), opset: [7, 16] }),
  each('Elu', { attributes: some(['alpha']) }),
  each('ThresholdedRelu', { attributes: some(['alpha']) }),
  each('Celu', {
    attributes: (random) =>
      random.chance(0.5) ? { alpha: { float: random.pick([0.5, 1, 2]) } } : {},
  }),
  each('Selu', { attributes: some(['alpha', 'gamma']) }),
  each('HardSigmoid', { attributes: some(['alpha', 'beta']) }),
  each('Gelu', {
    opset: 20,
    attributes: (random) => random.pick([{}, { approximate: 'tanh' }, { approximate: 'none' }]),
  }),
  each('Identity', { dtypes: [...SIGNED, 'string', 'bool'] }),
  each('Dropout'),
  ...['Softmax', 'LogSoftmax', 'Hardmax'].map(softmax),
]);
