import { int64, tensor } from '../random.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('../types.d.ts').Generator} Generator */
/** @typedef {import('../types.d.ts').NodeCase} NodeCase */

/** @type {Dtype[]} */
const ANY = ['float32', 'float32', 'int64', 'int32', 'uint8', 'float64', 'string', 'bool'];
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);
/**
 * @param {Random} random
 * @param {import('../types.d.ts').Shape} shape
 * @param {readonly Dtype[]} [dtypes]
 */
const data = (random, shape, dtypes = ANY) => tensor(random, random.pick(dtypes), shape);
/**
 * Further inputs are weights in half of the cases. The output has the dtype of the first input,
 * unless the case names others.
 * @param {Random} random
 * @param {Omit<NodeCase, 'inputs' | 'outputs'> & { inputs: readonly FuzzTensor[],
 *   outputs?: readonly Dtype[] }} one
 * @returns {NodeCase}
 */
const done = (random, one) => ({
  ...one,
  constants: random.chance(0.5)
    ? one.inputs.flatMap((value, i) => (i > 0 && value ? [i] : []))
    : [],
  outputs: one.outputs ?? [one.inputs[0].dtype],
});

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function reshape(random) {
  /** @type {readonly number[]} */
  const shape = random.pick([[2, 3, 4], [1, 24], [4, 6], [0, 3], [24]]);
  const target = shape.includes(0)
    ? random.pick([
        [0, 3],
        [0, -1],
        [3, 0],
      ])
    : random.pick([[-1, 4], [0, -1], [4, 3, 2], [24], [-1], [1, -1, 1]]);
  return done(random, {
    op: 'Reshape',
    opset: 14,
    inputs: [data(random, shape), int64(target)],
    attributes: random.pick([{}, { allowzero: 0 }, { allowzero: 1 }]),
  });
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function transpose(random) {
  const shape = random.shape(random.between(0, 4));
  const perm = shape
    .map((_, axis) => axis)
    .map((axis) => [random.next(), axis])
    .sort(([a], [b]) => a - b)
    .map(([, axis]) => axis);
  return done(random, {
    op: 'Transpose',
    inputs: [data(random, shape)],
    attributes: shape.length > 0 && random.chance(0.8) ? { perm } : {},
  });
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function squeeze(random) {
  const shape = random.shape(random.between(1, 4)).map((size) => (random.chance(0.5) ? 1 : size));
  const ones = shape.flatMap((size, axis) =>
    size === 1 && random.chance(0.6) ? [random.chance(0.5) ? axis : axis - shape.length] : [],
  );
  const kind = random.between(0, 2);
  if (kind === 0) return done(random, { op: 'Squeeze', opset: 13, inputs: [data(random, shape)] });
  if (kind === 1)
    return done(random, { op: 'Squeeze', opset: 13, inputs: [data(random, shape), int64(ones)] });
  return done(random, {
    op: 'Squeeze',
    opset: 11,
    inputs: [data(random, shape)],
    attributes: { axes: ones },
  });
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function unsqueeze(random) {
  const shape = random.shape(random.between(0, 3));
  const axes = random
    .pick([[0], [-1], [0, -1], [shape.length], [1, 0], []])
    .filter((axis) => axis <= shape.length);
  return random.chance(0.5)
    ? done(random, { op: 'Unsqueeze', opset: 13, inputs: [data(random, shape), int64(axes)] })
    : done(random, {
        op: 'Unsqueeze',
        opset: 11,
        inputs: [data(random, shape)],
        attributes: { axes },
      });
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function concat(random) {
  const shape = random.shape(random.between(1, 4));
  const dtype = random.pick(ANY);
  const axis = random.axis(shape.length);
  const at = (axis + shape.length) % shape.length;
  const inputs = Array.from({ length: random.between(1, 4) }, () =>
    tensor(
      random,
      dtype,
      shape.map((size, i) => (i === at ? random.between(0, 3) : size)),
    ),
  );
  return { op: 'Concat', opset: 13, inputs, attributes: { axis }, outputs: [dtype] };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function gather(random) {
  const shape = random.shape(random.between(1, 3), 4).map((size) => size || 1);
  const axis = random.axis(shape.length);
  const size = shape[(axis + shape.length) % shape.length];
  const index = random.shape(random.between(0, 2), 3);
  const values = Array.from({ length: index.reduce((a, b) => a * b, 1) }, () =>
    random.between(-size, size - 1),
  );
  // ONNX Runtime takes only the first text of each block.
  return done(random, {
    op: 'Gather',
    opset: 13,
    inputs: [
      data(
        random,
        shape,
        ANY.filter((dtype) => dtype !== 'string'),
      ),
      int64(values, index),
    ],
    attributes: random.chance(0.8) ? { axis } : { axis: 0 },
  });
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function slice(random) {
  const shape = random.shape(random.between(1, 3), 6);
  const axes = random.axes(shape.length);
  const bound = () =>
    random.chance(0.15)
      ? random.pick([MAX, MIN, 2n ** 31n - 1n, -(2n ** 31n)])
      : BigInt(random.between(-8, 8));
  const [starts, ends] = [axes.map(bound), axes.map(bound)];
  if (random.chance(0.2))
    return done(random, {
      op: 'Slice',
      opset: 9,
      inputs: [data(random, shape)],
      attributes: { axes, starts, ends },
    });
  const steps = axes.map(() => random.pick([1, 1, 2, -1, -2, 3]));
  return done(random, {
    op: 'Slice',
    opset: 13,
    inputs: [
      data(random, shape, ['float32', 'int64', 'int32', 'string', 'uint8']),
      int64(starts),
      int64(ends),
      int64(axes),
      ...(random.chance(0.8) ? [int64(steps)] : []),
    ],
  });
}

/** @param {Random} random */
function split(random) {
  const shape = random.shape(random.between(1, 3), 6).map((size) => size || 2);
  const axis = random.axis(shape.length);
  const size = shape[(axis + shape.length) % shape.length];
  const first = random.between(0, size);
  const inputs = [data(random, shape, ['float32', 'int64', 'int32', 'string', 'uint8'])];
  const outputs = [inputs[0].dtype, inputs[0].dtype];
  const kind = random.between(0, 2);
  if (kind === 0)
    return done(random, {
      op: 'Split',
      opset: 13,
      inputs: [...inputs, int64([first, size - first])],
      attributes: { axis },
      outputs,
    });
  if (kind === 1)
    return {
      op: 'Split',
      opset: 11,
      inputs,
      attributes: { axis, split: [first, size - first] },
      outputs,
    };
  const count = random.between(1, 4);
  return {
    op: 'Split',
    opset: random.pick([13, 18]),
    inputs,
    attributes: { axis },
    outputs: Array.from({ length: count }, () => inputs[0].dtype),
  };
}
/**
 * @param {Random} random
 * @returns {NodeCase}
 */
const splitEvenly = (random) => {
  const one = split(random);
  const count = random.between(1, 4);
  const [input] = one.inputs;
  if (!input) throw new Error('A Split has an input.');
  return {
    ...one,
    opset: 18,
    inputs: [input],
    constants: [],
    attributes: { axis: one.attributes?.axis ?? 0, num_outputs: count },
    outputs: Array.from({ length: count }, () => input.dtype),
  };
};

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function pad(random) {
  const shape = random.shape(random.between(1, 3), 4).map((size) => size || 2);
  const pads = [...shape, ...shape].map((size, i) =>
    i < shape.length ? random.between(0, 2) : random.between(-Math.min(1, size - 1), 2),
  );
  const dtype = random.pick(['float32', 'int64', 'int32', 'float64']);
  if (random.chance(0.3))
    return {
      op: 'Pad',
      opset: 10,
      inputs: [tensor(random, 'float32', shape)],
      attributes: { pads, value: { float: random.pick([0, 1.5]) } },
      outputs: ['float32'],
    };
  return done(random, {
    op: 'Pad',
    opset: random.pick([13, 18, 19]),
    inputs: [
      tensor(random, dtype, shape),
      int64(pads),
      ...(random.chance(0.5) ? [tensor(random, dtype, [], { tame: true })] : []),
    ],
    attributes: random.pick([{}, { mode: 'constant' }]),
  });
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function shapeOf(random) {
  const shape = random.shape();
  const bound = () => random.between(-5, 5);
  return {
    op: 'Shape',
    opset: 15,
    inputs: [data(random, shape)],
    attributes: random.pick([
      {},
      { start: bound() },
      { end: bound() },
      { start: bound(), end: bound() },
      { start: 0, end: 0 },
    ]),
    outputs: ['int64'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function constantOfShape(random) {
  const shape = random.shape(random.between(0, 3));
  const dtype = random.pick(['float32', 'int64', 'int32', 'bool', 'uint8']);
  return random.chance(0.3)
    ? { op: 'ConstantOfShape', inputs: [int64(shape)], outputs: ['float32'] }
    : {
        op: 'ConstantOfShape',
        inputs: [int64(shape)],
        attributes: { value: tensor(random, dtype, [1]) },
        outputs: [dtype],
      };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function constant(random) {
  const kind = random.between(0, 4);
  const whole = () => random.pick([0n, -1n, 2n ** 53n + 1n, MIN, MAX, 5n]);
  if (kind === 0)
    return {
      op: 'Constant',
      inputs: [],
      attributes: { value: tensor(random, 'float32', random.shape()) },
      outputs: ['float32'],
    };
  if (kind === 1)
    return {
      op: 'Constant',
      inputs: [],
      attributes: { value_float: { float: random.pick([0, 1.5, -0]) } },
      outputs: ['float32'],
    };
  if (kind === 2)
    return {
      op: 'Constant',
      inputs: [],
      attributes: { value_floats: { floats: random.pick([[0, 1.5], [0], [3]]) } },
      outputs: ['float32'],
    };
  if (kind === 3)
    return { op: 'Constant', inputs: [], attributes: { value_int: whole() }, outputs: ['int64'] };
  return {
    op: 'Constant',
    inputs: [],
    attributes: { value_ints: [whole(), whole()] },
    outputs: ['int64'],
  };
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function expand(random) {
  const shape = random.shape();
  return done(random, {
    op: 'Expand',
    opset: 13,
    inputs: [
      data(random, random.broadcastable(shape), ['float32', 'int64', 'int32', 'uint8', 'bool']),
      int64(random.chance(0.3) ? random.broadcastable(shape) : shape),
    ],
  });
}

/** @type {Record<string, Generator>} */
export const LAYOUT = {
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Split: split,
  'Split evenly': splitEvenly,
  Pad: pad,
  Shape: shapeOf,
  ConstantOfShape: constantOfShape,
  Constant: constant,
  Expand: expand,
  Flatten: (random) => {
    const shape = random.shape();
    const dtype = random.pick(['float32', 'int64', 'uint8']);
    return {
      op: 'Flatten',
      opset: 13,
      inputs: [tensor(random, dtype, shape)],
      attributes: random.chance(0.8) ? { axis: random.between(-shape.length, shape.length) } : {},
      outputs: [dtype],
    };
  },
  Tile: (random) => {
    const shape = random.shape(random.between(1, 3));
    return done(random, {
      op: 'Tile',
      opset: 13,
      inputs: [
        data(random, shape, ['float32', 'int64', 'int32', 'uint8', 'string']),
        int64(shape.map(() => random.between(0, 3))),
      ],
    });
  },
};
