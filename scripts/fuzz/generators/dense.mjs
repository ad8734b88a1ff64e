import { tensor } from '../random.mjs';

/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Generator} Generator */

/** @type {import('../types.d.ts').Dtype[]} */
const FLOATS = ['float32', 'float32', 'float64'];

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function gemm(random) {
  const dtype = random.pick(FLOATS);
  const [m, n, k] = [
    random.between(1, 6),
    random.between(1, 6),
    random.chance(0.05) ? 0 : random.between(1, 9),
  ];
  /** @type {import('../types.d.ts').Attributes} */
  const attributes = {};
  const [transA, transB] = [random.between(0, 1), random.between(0, 1)];
  if (transA || random.chance(0.5)) attributes.transA = transA;
  if (transB || random.chance(0.5)) attributes.transB = transB;
  if (random.chance(0.5)) attributes.alpha = { float: random.pick([0, 1, 0.5, -2]) };
  if (random.chance(0.5)) attributes.beta = { float: random.pick([0, 1, 0.5, -2]) };
  const bias = random.pick([null, [n], [m, 1], [], [1], [m, n], [1, n]]);
  const inputs = [
    tensor(random, dtype, transA ? [k, m] : [m, k]),
    tensor(random, dtype, transB ? [n, k] : [k, n]),
    ...(bias ? [tensor(random, dtype, bias, { tame: true })] : []),
  ];
  return {
    op: 'Gemm',
    opset: random.pick([7, 11, 13]),
    inputs,
    constants: random.chance(0.5) ? inputs.map((_, i) => i).slice(1) : [],
    attributes,
    outputs: [dtype],
    tolerance: 1e-4,
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function matMul(random) {
  const dtype = random.pick([...FLOATS, 'int32', 'int64']);
  const [m, n, k, batch] = [
    random.between(1, 5),
    random.between(1, 5),
    random.between(1, 9),
    random.between(1, 3),
  ];
  const shapes = random.pick([
    [
      [m, k],
      [k, n],
    ],
    [
      [batch, m, k],
      [k, n],
    ],
    [
      [m, k],
      [batch, k, n],
    ],
    [
      [2, 1, m, k],
      [1, batch, k, n],
    ],
    [[k], [k, n]],
    [[m, k], [k]],
    [[k], [k]],
    [[batch, m, k], [k]],
  ]);
  return {
    op: 'MatMul',
    opset: 13,
    inputs: shapes.map((shape) => tensor(random, dtype, shape)),
    constants: random.chance(0.5) ? [1] : [],
    outputs: [dtype],
    tolerance: 1e-4,
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function batchNormalization(random) {
  const shape = random.shape(random.between(2, 4));
  const channels = shape[1];
  const weights = Array.from({ length: 3 }, () =>
    tensor(random, 'float32', [channels], { tame: true }),
  );
  return {
    op: 'BatchNormalization',
    opset: random.pick([9, 14, 15]),
    inputs: [
      tensor(random, 'float32', shape, { tame: true }),
      ...weights,
      tensor(random, 'float32', [channels], { low: 0.2, high: 3, tame: true }),
    ],
    constants: random.chance(0.7) ? [1, 2, 3, 4] : [],
    attributes: random.pick([
      {},
      { epsilon: { float: 0.5 } },
      { epsilon: { float: 0 } },
      { momentum: { float: 0 } },
    ]),
    outputs: ['float32'],
    tolerance: 1e-4,
  };
}

export const DENSE = { Gemm: gemm, MatMul: matMul, BatchNormalization: batchNormalization };
