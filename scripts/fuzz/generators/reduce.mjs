import { int64, tensor } from '../random.mjs';

/** From this opset on the axes are an input. */
const AXES_INPUT_SINCE = { ReduceSum: 13, default: 18 };

/** Products and squares of whole numbers that do not fit have no defined result. */
function range(op, dtype) {
  return {
    isOrderless: true,
    tame: dtype.startsWith('int') && !['ReduceMax', 'ReduceMin'].includes(op),
  };
}

const reduced = (op, dtypes) => (random) => {
  const dtype = random.pick(dtypes);
  const shape = random.shape();
  const opset = random.pick([11, 13, 18]);
  const axes = random.axes(shape.length);
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

const best = (op) => (random) => {
  const rank = random.between(1, 4);
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
      int64([attributes.axis === undefined ? Math.min(k, shape.at(-1)) : k]),
    ],
    attributes,
    outputs: [dtype, 'int64'],
  };
}

const NUMERIC = ['float32', 'float32', 'float64', 'int32', 'int64'];
const FEWER = ['float32', 'float32', 'int32', 'float64'];
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
