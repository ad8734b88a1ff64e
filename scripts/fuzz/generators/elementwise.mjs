import { DATA_TYPE } from '@perigee/registry/onnx';
import { tensor } from '../random.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../types.d.ts').Attributes} Attributes */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('../types.d.ts').Generator} Generator */

/** @type {Dtype[]} */
const NUMERIC = ['float32', 'float32', 'float64', 'int32', 'int64'];

/**
 * Two inputs that broadcast, in either order.
 * @param {string} op
 * @param {readonly Dtype[]} dtypes
 * @param {import('../types.d.ts').Range & { output?: Dtype }} [options]
 * @returns {Generator}
 */
const pair =
  (op, dtypes, { output, ...range } = {}) =>
  (random) => {
    const dtype = random.pick(dtypes);
    const shape = random.shape();
    const inputs = [shape, random.broadcastable(shape)].map((one) =>
      tensor(random, dtype, one, range),
    );
    if (random.chance(0.5)) inputs.reverse();
    return {
      op,
      opset: random.pick([14, 17, 21]),
      inputs,
      constants: random.chance(0.2) ? [random.between(0, 1)] : [],
      outputs: [output ?? dtype],
    };
  };
/**
 * The same values with a seven in place of each zero.
 * @param {FuzzTensor['data']} data whole numbers
 */
function withoutZeros(data) {
  if (data instanceof BigInt64Array) return data.map((value) => value || 7n);
  if (data instanceof Int32Array) return data.map((value) => value || 7);
  throw new Error('Whole numbers have 32 or 64 bits here.');
}

/**
 * Inputs without zeros, because whole numbers divided by zero have no defined result.
 * @param {string} op
 * @param {(dtype: Dtype) => Attributes} [attributes]
 * @returns {Generator}
 */
const divided = (op, attributes) => (random) => {
  const one = pair(op, NUMERIC, { tame: true })(random);
  const [dividend, divisor] = one.inputs;
  if (!dividend || !divisor) throw new Error('A pair has two inputs.');
  const isWhole = dividend.dtype.startsWith('int');
  const own = isWhole ? withoutZeros(divisor.data) : divisor.data;
  return {
    ...one,
    inputs: [dividend, { ...divisor, data: own }],
    attributes: attributes?.(dividend.dtype) ?? {},
  };
};
/**
 * @param {string} op
 * @param {readonly Dtype[]} dtypes
 * @returns {Generator}
 */
const many = (op, dtypes) => (random) => {
  const dtype = random.pick(dtypes);
  const shape = random.shape();
  return {
    op,
    opset: 13,
    inputs: Array.from({ length: random.between(1, 3) }, () =>
      tensor(random, dtype, random.chance(0.5) ? shape : random.broadcastable(shape)),
    ),
    outputs: [dtype],
  };
};

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function cast(random) {
  const [from, to] = [
    random.pick(['float32', 'float64', 'int32', 'int64', 'int8', 'uint8', 'bool']),
    random.pick(['float32', 'float64', 'int32', 'int64', 'int8', 'uint8', 'bool']),
  ];
  // Floats out of the range of a whole number have no defined result.
  const tame = from.startsWith('float') && !to.startsWith('float') && to !== 'bool';
  return {
    op: 'Cast',
    opset: random.pick([9, 13, 19]),
    inputs: [
      tensor(random, from, random.shape(), {
        tame,
        low: tame && to === 'uint8' ? 0 : -100,
        high: 100,
      }),
    ],
    attributes: { to: DATA_TYPE[to] },
    outputs: [to],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function clip(random) {
  const dtype = random.pick(['float32', 'float64', 'int32', 'int64']);
  const inputs = [tensor(random, dtype, random.shape())];
  if (random.chance(0.2))
    return {
      op: 'Clip',
      opset: 7,
      inputs: [tensor(random, 'float32', random.shape())],
      attributes: { min: { float: random.pick([-1, 0]) }, max: { float: random.pick([0, 1]) } },
      outputs: ['float32'],
    };
  /**
   * @param {number} low
   * @param {number} high
   */
  const bound = (low, high) =>
    random.chance(0.8) ? tensor(random, dtype, [], { low, high, tame: true }) : null;
  return {
    op: 'Clip',
    opset: 13,
    inputs: [...inputs, bound(-2, 0), bound(0, 2)],
    outputs: [dtype],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function where(random) {
  const dtype = random.pick(['float32', 'int64', 'int32', 'uint8', 'string']);
  const shape = random.shape();
  const shapes = [shape, random.broadcastable(shape), random.broadcastable(shape)];
  const [c, x, y] = random.chance(0.5) ? shapes : shapes.toReversed();
  return {
    op: 'Where',
    inputs: [tensor(random, 'bool', c), tensor(random, dtype, x), tensor(random, dtype, y)],
    outputs: [dtype],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function pow(random) {
  const dtype = random.pick(['float32', 'float64', 'int32', 'int64']);
  const other = random.chance(0.7) ? dtype : random.pick(['float32', 'int64', 'int32']);
  const shape = random.shape();
  // A power that does not fit its whole-number type has no defined result.
  const isWhole = dtype.startsWith('int') || other.startsWith('int');
  return {
    op: 'Pow',
    opset: 15,
    inputs: [
      tensor(random, dtype, shape, { tame: isWhole, low: isWhole ? 1 : -3, high: 9 }),
      tensor(random, other, random.broadcastable(shape), {
        tame: isWhole,
        low: isWhole ? 0 : -3,
        high: dtype === 'int64' && other === 'int64' ? 15 : 6,
      }),
    ],
    outputs: [dtype],
  };
}

/** @type {Dtype[]} */
const COMPARED = ['float32', 'float64', 'int32', 'int64'];
/** @type {Record<string, Generator>} */
export const ELEMENTWISE = {
  Add: pair('Add', NUMERIC),
  Sub: pair('Sub', NUMERIC),
  Mul: pair('Mul', NUMERIC),
  Div: divided('Div'),
  Mod: divided('Mod', (dtype) => ({ fmod: dtype.startsWith('float') ? 1 : 0 })),
  'Mod as in C': divided('Mod', () => ({ fmod: 1 })),
  Min: many('Min', NUMERIC),
  Max: many('Max', NUMERIC),
  Sum: many('Sum', ['float32', 'float64']),
  Mean: many('Mean', ['float32']),
  Pow: pow,
  Cast: cast,
  Clip: clip,
  Where: where,
  ...Object.fromEntries(
    ['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual'].map((op) => [
      op,
      pair(op, op === 'Equal' ? [...COMPARED, 'bool', 'string'] : COMPARED, { output: 'bool' }),
    ]),
  ),
  ...Object.fromEntries(['And', 'Or', 'Xor'].map((op) => [op, pair(op, ['bool'])])),
  Not: (random) => ({
    op: 'Not',
    inputs: [tensor(random, 'bool', random.shape())],
    outputs: ['bool'],
  }),
  IsNaN: (random) => ({
    op: 'IsNaN',
    inputs: [tensor(random, random.pick(['float32', 'float64']), random.shape())],
    outputs: ['bool'],
  }),
  PRelu: pair('PRelu', ['float32']),
};
