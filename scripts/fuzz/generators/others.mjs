// Operators that the instant engine does not have. Their shapes are still inferred.
import { int64, tensor } from '../random.mjs';

/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Attributes} Attributes */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('../types.d.ts').Generator} Generator */
/** @typedef {import('../types.d.ts').Shape} Shape */

/**
 * @param {Random} random
 * @param {Shape} shape
 * @param {import('../types.d.ts').Range} [options]
 */
const float = (random, shape, options = {}) =>
  tensor(random, 'float32', shape, { tame: true, ...options });
/**
 * @param {Random} random
 * @param {Dtype} [dtype]
 */
const scalar = (random, dtype = 'float32') =>
  tensor(random, dtype, [], { low: dtype === 'float32' ? 0.1 : 0, high: 2, tame: true });
/**
 * @param {Random} random
 * @param {number} [spatial]
 */
const image = (random, spatial = 2) => [
  random.between(1, 2),
  random.between(1, 4),
  ...Array.from({ length: spatial }, () => random.between(3, 7)),
];
/**
 * @param {Random} random
 * @param {readonly number[]} list
 * @param {number} low
 * @param {number} high
 */
const each = (random, list, low, high) => list.map(() => random.between(low, high));
/**
 * @param {Random} random
 * @param {Attributes} attributes
 * @returns {Attributes}
 */
const some = (random, attributes) =>
  Object.fromEntries(Object.entries(attributes).filter(() => random.chance(0.6)));

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function convTranspose(random) {
  const [n, , ...sizes] = image(random, random.between(1, 2));
  const group = random.between(1, 2);
  const channels = group * random.between(1, 2);
  const kernel = each(random, sizes, 1, 3);
  const strides = each(random, sizes, 1, 3);
  const attributes = some(random, {
    strides,
    dilations: each(random, sizes, 1, 2),
    pads: each(random, [...sizes, ...sizes], 0, 1),
    kernel_shape: kernel,
  });
  if (group > 1 || random.chance(0.3)) attributes.group = group;
  if (attributes.strides && random.chance(0.4))
    attributes.output_padding = strides.map((stride) => random.between(0, stride - 1));
  const kind = random.between(0, 5);
  if (kind === 0) attributes.auto_pad = random.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID']);
  if (kind < 2) delete attributes.pads;
  if (kind === 1)
    attributes.output_shape = sizes.map((size, i) => size * (attributes.strides ? strides[i] : 1));
  return {
    op: 'ConvTranspose',
    opset: 11,
    inputs: [
      float(random, [n, channels, ...sizes]),
      float(random, [channels, random.between(1, 3), ...kernel]),
    ],
    constants: random.chance(0.5) ? [1] : [],
    attributes,
    outputs: ['float32'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function maxPoolWithIndices(random) {
  const shape = image(random);
  const kernel = each(random, [0, 0], 1, 3);
  return {
    op: 'MaxPool',
    opset: 12,
    inputs: [float(random, shape)],
    attributes: {
      kernel_shape: kernel,
      ...some(random, { strides: each(random, kernel, 1, 3), ceil_mode: random.between(0, 1) }),
    },
    outputs: ['float32', 'int64'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function lpPool(random) {
  const kernel = each(random, [0, 0], 1, 3);
  return {
    op: 'LpPool',
    opset: random.pick([11, 18]),
    inputs: [float(random, image(random))],
    attributes: { kernel_shape: kernel, ...some(random, { strides: each(random, kernel, 1, 3) }) },
    outputs: ['float32'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function resize(random) {
  const shape = image(random);
  const opset = random.pick([11, 13, 18, 19]);
  const mode = random.pick(['nearest', 'linear']);
  const bySizes = random.chance(0.4);
  const factors = [1, 1, ...each(random, [0, 0], 0, 3).map((i) => [0.5, 0.7, 1, 2.3][i])];
  /** @type {FuzzTensor} */
  const empty = { dtype: 'float32', shape: [0], data: new Float32Array(0) };
  /** @type {FuzzTensor} */
  const scales = { dtype: 'float32', shape: [4], data: Float32Array.from(factors) };
  const sizes = int64([shape[0], shape[1], random.between(1, 9), random.between(1, 9)]);
  /** @type {Attributes} */
  const attributes = { mode };
  if (opset >= 18 && bySizes && random.chance(0.3))
    attributes.keep_aspect_ratio_policy = random.pick(['stretch', 'not_larger', 'not_smaller']);
  const inputs = bySizes
    ? [float(random, shape), empty, opset < 13 ? empty : null, sizes]
    : [float(random, shape), empty, scales];
  return {
    op: 'Resize',
    opset,
    inputs,
    constants: inputs.flatMap((input, i) => (i > 0 && input ? [i] : [])),
    attributes,
    outputs: ['float32'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function upsample(random) {
  const factors = [1, 1, ...each(random, [0, 0], 0, 2).map((i) => [1, 2, 2.3][i])];
  return {
    op: 'Upsample',
    opset: 9,
    inputs: [
      float(random, image(random)),
      { dtype: 'float32', shape: [4], data: Float32Array.from(factors) },
    ],
    constants: [1],
    attributes: { mode: 'nearest' },
    outputs: ['float32'],
  };
}

/**
 * @param {string} op
 * @param {number} opset
 * @param {number} parameters
 * @returns {Generator}
 */
function normalization(op, opset, parameters) {
  return (random) => {
    const shape = image(random);
    return {
      op,
      opset,
      inputs: [
        float(random, shape),
        ...Array.from({ length: parameters }, () => float(random, [shape[1]])),
      ],
      constants: random.chance(0.5) ? Array.from({ length: parameters }, (_, i) => i + 1) : [],
      attributes: {},
      outputs: ['float32'],
    };
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function layerNormalization(random) {
  const shape = random.shape(random.between(2, 4)).map((size) => size || 1);
  const axis = random.axis(shape.length);
  const rest = shape.slice(axis);
  return {
    op: 'LayerNormalization',
    opset: 17,
    inputs: [float(random, shape), float(random, rest), float(random, rest)],
    constants: random.chance(0.5) ? [1, 2] : [],
    attributes: axis === -1 && random.chance(0.5) ? {} : { axis },
    outputs: random.chance(0.5) ? ['float32'] : ['float32', 'float32', 'float32'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function oneHot(random) {
  const shape = random.shape(random.between(1, 3));
  const axis = random.between(-shape.length - 1, shape.length);
  return {
    op: 'OneHot',
    opset: 11,
    inputs: [
      tensor(random, 'int64', shape, { low: 0, high: 3, tame: true }),
      int64([random.between(1, 4)], random.pick([[], [1]])),
      float(random, [2]),
    ],
    constants: random.pick([[1], [1, 2]]),
    attributes: random.chance(0.7) ? { axis } : {},
    outputs: ['float32'],
  };
}

/**
 * @param {string} op
 * @param {Dtype} from
 * @param {Dtype} to
 * @returns {Generator}
 */
const quantize = (op, from, to) => (random) => {
  const shape = random.shape(random.between(1, 4)).map((size) => size || 1);
  const axis = random.axis(shape.length);
  const perAxis = random.chance(0.4);
  const sizes = perAxis ? [shape[(axis + shape.length) % shape.length]] : [];
  return {
    op,
    opset: 13,
    inputs: [
      tensor(random, from, shape, { tame: true }),
      float(random, sizes, { low: 0.1, high: 1 }),
      tensor(random, 'uint8', sizes, { low: 0, high: 9, tame: true }),
    ],
    constants: random.chance(0.6) ? [1, 2] : [],
    attributes: perAxis ? { axis } : {},
    outputs: [to],
  };
};

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function matMulInteger(random) {
  const [m, n, k] = each(random, [0, 0, 0], 1, 5);
  return {
    op: 'MatMulInteger',
    opset: 10,
    inputs: [
      tensor(
        random,
        'uint8',
        random.pick([
          [m, k],
          [2, m, k],
        ]),
        { tame: true },
      ),
      tensor(random, 'int8', [k, n], { tame: true }),
    ],
    constants: random.chance(0.5) ? [1] : [],
    attributes: {},
    outputs: ['int32'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function qLinearMatMul(random) {
  const [m, n, k] = each(random, [0, 0, 0], 1, 5);
  const number = () => scalar(random);
  const zero = () => scalar(random, 'uint8');
  return {
    op: 'QLinearMatMul',
    opset: 10,
    inputs: [
      tensor(random, 'uint8', [m, k], { tame: true }),
      number(),
      zero(),
      tensor(random, 'uint8', [k, n], { tame: true }),
      number(),
      zero(),
      number(),
      zero(),
    ],
    constants: [1, 2, 3, 4, 5, 6, 7],
    attributes: {},
    outputs: ['uint8'],
  };
}

/**
 * @param {string} op
 * @returns {Generator}
 */
const convInteger = (op) => (random) => {
  const [n, channels, ...sizes] = image(random);
  const kernel = each(random, sizes, 1, 3);
  const x = tensor(random, 'uint8', [n, channels, ...sizes], { tame: true });
  const w = tensor(random, 'uint8', [random.between(1, 3), channels, ...kernel], { tame: true });
  const [number, zero] = [() => scalar(random), () => scalar(random, 'uint8')];
  const inputs =
    op === 'ConvInteger' ? [x, w] : [x, number(), zero(), w, number(), zero(), number(), zero()];
  return {
    op,
    opset: 10,
    inputs,
    constants: inputs.map((_, i) => i).slice(1),
    attributes: some(random, {
      strides: each(random, sizes, 1, 2),
      pads: each(random, [...sizes, ...sizes], 0, 1),
    }),
    outputs: [op === 'ConvInteger' ? 'int32' : 'uint8'],
  };
};

/**
 * @param {string} op
 * @returns {Generator}
 */
const depth = (op) => (random) => {
  const block = random.between(1, 2);
  const [n, c, h, w] = image(random);
  const shape = op === 'DepthToSpace' ? [n, c * block ** 2, h, w] : [n, c, h * block, w * block];
  return {
    op,
    opset: 13,
    inputs: [float(random, shape)],
    attributes: {
      blocksize: block,
      ...(op === 'DepthToSpace' && some(random, { mode: random.pick(['DCR', 'CRD']) })),
    },
    outputs: ['float32'],
  };
};

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function cumSum(random) {
  const shape = random.shape(random.between(1, 3)).map((size) => size || 1);
  return {
    op: 'CumSum',
    opset: 14,
    inputs: [float(random, shape), int64([random.axis(shape.length)], [])],
    constants: random.chance(0.7) ? [1] : [],
    attributes: some(random, { exclusive: 1, reverse: 1 }),
    outputs: ['float32'],
  };
}

/**
 * @param {'NonZero' | 'Unique' | 'Compress'} op
 * @returns {Generator}
 */
const wholeTensor = (op) => (random) => {
  const shape = random.shape(random.between(1, 3)).map((size) => size || 1);
  const x = tensor(random, 'float32', shape, { low: -2, high: 2, tame: true });
  /** @type {FuzzTensor} */
  const kept = {
    dtype: 'bool',
    shape: [shape[0]],
    data: Uint8Array.from({ length: shape[0] }, () => random.between(0, 1)),
  };
  /** @type {Record<typeof op, readonly Dtype[]>} */
  const outputs = { NonZero: ['int64'], Unique: ['float32'], Compress: ['float32'] };
  return {
    op,
    opset: 11,
    inputs: op === 'Compress' ? [x, kept] : [x],
    attributes: op === 'Compress' ? { axis: 0 } : {},
    outputs: outputs[op],
  };
};

/**
 * @param {string} op
 * @returns {Generator}
 */
const reduce = (op) => (random) => {
  const shape = random.shape(random.between(1, 4)).map((size) => size || 1);
  const axes = random.axes(shape.length);
  return {
    op,
    opset: 13,
    inputs: [float(random, shape, { low: 0.1 })],
    attributes: {
      ...(axes.length > 0 && { axes }),
      ...some(random, { keepdims: random.between(0, 1) }),
    },
    outputs: ['float32'],
  };
};

/**
 * @param {'LRN' | 'LpNormalization' | 'MeanVarianceNormalization'} op
 * @returns {Generator}
 */
const alongAxis = (op) => (random) => {
  const shape = image(random);
  const attributes = {
    LRN: { size: 3 },
    LpNormalization: some(random, { axis: random.axis(4), p: random.between(1, 2) }),
    MeanVarianceNormalization: some(random, { axes: [0, 2, 3] }),
  }[op];
  return { op, opset: 13, inputs: [float(random, shape)], attributes, outputs: ['float32'] };
};

/** @type {Record<string, Generator>} */
export const OTHERS = {
  ConvTranspose: convTranspose,
  'MaxPool with indices': maxPoolWithIndices,
  LpPool: lpPool,
  GlobalLpPool: (random) => ({
    op: 'GlobalLpPool',
    opset: 11,
    inputs: [float(random, image(random))],
    outputs: ['float32'],
  }),
  Resize: resize,
  Upsample: upsample,
  InstanceNormalization: normalization('InstanceNormalization', 6, 2),
  LayerNormalization: layerNormalization,
  LRN: alongAxis('LRN'),
  LpNormalization: alongAxis('LpNormalization'),
  MeanVarianceNormalization: alongAxis('MeanVarianceNormalization'),
  OneHot: oneHot,
  QuantizeLinear: quantize('QuantizeLinear', 'float32', 'uint8'),
  DequantizeLinear: quantize('DequantizeLinear', 'uint8', 'float32'),
  DynamicQuantizeLinear: (random) => ({
    op: 'DynamicQuantizeLinear',
    opset: 11,
    inputs: [float(random, random.shape(random.between(1, 3)))],
    outputs: ['uint8', 'float32', 'uint8'],
  }),
  MatMulInteger: matMulInteger,
  QLinearMatMul: qLinearMatMul,
  ConvInteger: convInteger('ConvInteger'),
  QLinearConv: convInteger('QLinearConv'),
  DepthToSpace: depth('DepthToSpace'),
  SpaceToDepth: depth('SpaceToDepth'),
  CumSum: cumSum,
  NonZero: wholeTensor('NonZero'),
  Unique: wholeTensor('Unique'),
  Compress: wholeTensor('Compress'),
  ReduceL1: reduce('ReduceL1'),
  ReduceLogSum: reduce('ReduceLogSum'),
  ReduceLogSumExp: reduce('ReduceLogSumExp'),
  Size: (random) => ({
    op: 'Size',
    opset: 13,
    inputs: [float(random, random.shape())],
    outputs: ['int64'],
  }),
};
