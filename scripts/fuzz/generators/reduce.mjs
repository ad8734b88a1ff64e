import { int64, tensor } from '../random.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').Generator} Generator */

/**
 * From this opset on the axes are an input.
 * @type {Record<string, number>}
 */
const AXES_INPUT_SINCE = { ReduceSum: 13, default: 18 };

/**
 * Products and squares of whole numbers that do not fit have no defined result.
 * @param {string} op
 * @param {Dtype} dtype
 */
function range(op, dtype) {
  return {
    isOrderless: true,
    tame: dtype.startsWith('int') && !['ReduceMax', 'ReduceMin'].includes(op),
  };
}

/**
 * @param {string} op
 * @param {readonly Dtype[]} dtypes
 * @returns {Generator}
 */
const reduced = (op, dtypes) => (random) => {
  const dtype = random.pick(dtypes);
  const shape = random.shape();
  const opset = random.pick([11, 13, 18]);
  const axes = random.axes(shape.length);
  /** @type {import('../types.d.ts').Attributes} */
  const attributes = random.chance(0.7) ? { keepdims: random.between(0, 1) } : {};
  const inputs = [tensor(random, dtype, shape, range(op, dtype))];
  const isInput = opset >= (AXES_INPUT_SINCE[op] ?? AXES_INPUT_SINCE.default);
  if (isInput && random.chance(0.5)) attributes.noop_with_empty_axes = random.between(0, 1);
  if (isInput && random.chance(0.8)) inputs.push(int64(axes));
  else if (!isInput && axes.length > 0) attributes.axes = axes;
  return {
    op,
    opset,
    inputs,
    constants: inputs.length > 1 && random.chance(0.5) ? [1] : [],
    attributes,
    outputs: [dtype],
  };
};

/**
 * @param {string} op
 * @returns {Generator}
 */
const best = (op) => (random) => {
  const rank = random.between(1, 4);
  /** @type {import('../types.d.ts').Attributes} */
  const attributes = random.chance(0.8) ? { axis: random.axis(rank) } : {};
  if (random.chance(0.7)) attributes.keepdims = random.between(0, 1);
  if (random.chance(0.5)) attributes.select_last_index = random.between(0, 1);
  const dtype = random.pick(['float32', 'float64', 'int32', 'int8', 'uint8']);
  return {
    op,
    opset: 13,
    inputs: [tensor(random, dtype, random.shape(rank), { isOrderless: true })],
    attributes,
    outputs: ['int64'],
  };
};

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function topK(random) {
  const rank = random.between(1, 3);
  const shape = random.shape(rank).map((size) => size || 1);
  const axis = random.axis(rank);
  const dtype = random.pick(['float32', 'float64', 'int64', 'int32']);
  const k = random.between(0, shape[(axis + rank) % rank]);
  const attributes = {
    ...(random.chance(0.9) && { axis }),
    ...(random.chance(0.7) && { largest: random.between(0, 1) }),
  };
  return {
    op: 'TopK',
    opset: 11,
    inputs: [
      tensor(random, dtype, shape, { isOrderless: dtype.startsWith('float') }),
      int64([attributes.axis === undefined ? Math.min(k, shape[rank - 1]) : k]),
    ],
    attributes,
    outputs: [dtype, 'int64'],
  };
}

/** @type {Dtype[]} */
const NUMERIC = ['float32', 'float32', 'float64', 'int32', 'int64'];
/** @type {Dtype[]} */
const FEWER = ['float32', 'float32', 'int32', 'float64'];
/** @type {Record<string, Generator>} */
export const REDUCE = {
  ReduceSum: reduced('ReduceSum', NUMERIC),
  ReduceMean: reduced('ReduceMean', FEWER),
  ReduceProd: reduced('ReduceProd', NUMERIC),
  ReduceMax: reduced('ReduceMax', NUMERIC),
  ReduceMin: reduced('ReduceMin', NUMERIC),
  ReduceL2: reduced('ReduceL2', FEWER),
  ReduceSumSquare: reduced('ReduceSumSquare', NUMERIC),
  ArgMax: best('ArgMax'),
  ArgMin: best('ArgMin'),
  TopK: topK,
};
