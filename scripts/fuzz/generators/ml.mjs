import { floats, int64, tensor } from '../random.mjs';

/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('../types.d.ts').Generator} Generator */

const BIG = [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 0n, 1n, -1n, 7n];
const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];
/**
 * @param {string} op
 * @param {number} opset
 * @param {readonly FuzzTensor[]} inputs
 * @param {import('../types.d.ts').Attributes} attributes
 * @param {readonly Dtype[]} outputs
 */
const ml = (op, opset, inputs, attributes, outputs) => ({
  op,
  domain: 'ai.onnx.ml',
  opset,
  inputs,
  attributes,
  outputs,
});
/**
 * @param {Random} random
 * @param {number} length
 * @param {number} [low]
 * @param {number} [high]
 */
const numbers = (random, length, low = -3, high = 3) => ({
  floats: Array.from({ length }, () => Math.fround(low + random.next() * (high - low))),
});
/**
 * @param {Random} random
 * @param {number} columns
 */
const rows = (random, columns) =>
  random.chance(0.15) ? [columns] : [random.between(1, 5), columns];
/** @param {Random} random */
const column = (random) => random.between(1, 4);

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function scaler(random) {
  const columns = column(random);
  const length = random.chance(0.3) ? 1 : columns;
  return ml(
    'Scaler',
    1,
    [
      tensor(random, random.pick(['float32', 'float64', 'int32', 'int64']), rows(random, columns), {
        tame: true,
      }),
    ],
    { offset: numbers(random, length), scale: numbers(random, length) },
    ['float32'],
  );
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function imputer(random) {
  const columns = column(random);
  const length = random.chance(0.3) ? 1 : columns;
  if (random.chance(0.5)) {
    const [rowCount] = [random.between(1, 4)];
    return ml(
      'Imputer',
      1,
      [
        int64(
          Array.from({ length: rowCount * columns }, () => random.pick(BIG)),
          [rowCount, columns],
        ),
      ],
      {
        imputed_value_int64s: Array.from({ length }, () => random.pick(BIG)),
        replaced_value_int64: random.pick(BIG),
      },
      ['int64'],
    );
  }
  return ml(
    'Imputer',
    1,
    [tensor(random, 'float32', rows(random, columns))],
    {
      imputed_value_floats: numbers(random, length),
      replaced_value_float: { float: random.pick([NaN, 0, 1]) },
    },
    ['float32'],
  );
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function linearRegressor(random) {
  const [columns, targets] = [column(random), random.between(1, 3)];
  return ml(
    'LinearRegressor',
    1,
    [tensor(random, 'float32', rows(random, columns), { tame: true })],
    {
      coefficients: numbers(random, columns * targets),
      ...(random.chance(0.7) && { intercepts: numbers(random, targets) }),
      ...((targets > 1 || random.chance(0.5)) && { targets }),
      ...(random.chance(0.6) && { post_transform: random.pick(TRANSFORMS) }),
    },
    ['float32'],
  );
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function linearClassifier(random) {
  const [columns, classes] = [column(random), random.between(1, 4)];
  const scored = classes === 2 && random.chance(0.3) ? 1 : classes;
  const isText = random.chance(0.5);
  const names = isText
    ? { classlabels_strings: ['no', 'yes', 'maybe', ''].slice(0, classes) }
    : { classlabels_ints: Array.from({ length: classes }, () => random.pick(BIG)) };
  return ml(
    'LinearClassifier',
    1,
    [
      tensor(random, random.pick(['float32', 'float64', 'int64', 'int32']), rows(random, columns), {
        tame: true,
      }),
    ],
    {
      coefficients: numbers(random, columns * scored),
      intercepts: numbers(random, scored),
      ...names,
      ...(random.chance(0.7) && { post_transform: random.pick(TRANSFORMS) }),
      ...(random.chance(0.3) && { multi_class: random.between(0, 1) }),
    },
    [isText ? 'string' : 'int64', 'float32'],
  );
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function oneHot(random) {
  const zeros = random.chance(0.8) ? 1 : 0;
  const shape = random.shape(random.between(1, 2), 4).map((size) => size || 1);
  const length = shape.reduce((a, b) => a * b, 1);
  if (random.chance(0.4))
    return ml(
      'OneHotEncoder',
      1,
      [{ dtype: 'string', shape, data: Array.from({ length }, () => random.pick(['a', 'b', ''])) }],
      { cats_strings: ['a', 'b'], zeros },
      ['float32'],
    );
  const cats_int64s = random.pick([
    [0n, 1n, 7n],
    [2n ** 53n, 2n ** 53n + 1n],
    [1n, 2n, 0n, -1n],
  ]);
  const input = random.chance(0.5)
    ? int64(
        Array.from({ length }, () => random.pick([...cats_int64s, 5n])),
        shape,
      )
    : tensor(random, random.pick(['float32', 'int32']), shape, { low: 0, high: 3, tame: true });
  return ml('OneHotEncoder', 1, [input], { cats_int64s, zeros }, ['float32']);
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function labelEncoder(random) {
  const kinds = /** @type {const} */ (['strings', 'int64s', 'floats']);
  const [from, to] = [random.pick(kinds), random.pick(kinds)];
  const count = random.between(1, 4);
  const input = drawLabels(random, from, random.shape(random.between(1, 2), 4));
  const fallback = {
    strings: { default_string: '?' },
    int64s: { default_int64: 2n ** 53n + 3n },
    floats: { default_float: { float: 0 } },
  }[to];
  const opset = random.pick([2, 4]);
  const [keys, values] = [drawLabels(random, from, [count]), drawLabels(random, to, [count])];
  return ml(
    'LabelEncoder',
    opset,
    [input],
    {
      [`keys_${from}`]: listOf(keys),
      [`values_${to}`]: listOf(values),
      ...(random.chance(0.6) && fallback),
    },
    [values.dtype],
  );
}

/**
 * @param {Random} random
 * @param {'strings' | 'int64s' | 'floats'} kind
 * @param {readonly number[]} shape
 * @returns {FuzzTensor}
 */
function drawLabels(random, kind, shape) {
  const length = shape.reduce((a, b) => a * b, 1);
  if (kind === 'strings') {
    const data = Array.from({ length }, () => random.pick(['a', 'b', 'c', '']));
    return { dtype: 'string', shape, data };
  }
  if (kind === 'int64s')
    return int64(
      Array.from({ length }, () => random.pick(BIG)),
      shape,
    );
  return floats(
    Array.from({ length }, () => random.pick([0, 1.5, -2, NaN])),
    shape,
  );
}

/**
 * The values of a tensor as a list in an attribute.
 * @param {FuzzTensor} tensor
 */
function listOf({ data }) {
  if (data instanceof BigInt64Array) return [...data];
  if (data instanceof Float32Array) return { floats: [...data] };
  return Array.from(data, String);
}

/** @type {Record<string, Generator>} */
export const ML = {
  Scaler: scaler,
  Imputer: imputer,
  LinearRegressor: linearRegressor,
  LinearClassifier: linearClassifier,
  OneHotEncoder: oneHot,
  LabelEncoder: labelEncoder,
  Normalizer: (random) => {
    const dtype = random.pick(['float32', 'float64', 'int64', 'int32']);
    const values = tensor(random, dtype, rows(random, column(random)), {
      tame: dtype.startsWith('int'),
    });
    return ml(
      'Normalizer',
      1,
      [values],
      random.chance(0.9) ? { norm: random.pick(['L1', 'L2', 'MAX']) } : {},
      ['float32'],
    );
  },
  Binarizer: (random) =>
    ml(
      'Binarizer',
      1,
      [tensor(random, 'float32', random.shape(random.between(1, 3)))],
      random.chance(0.8) ? { threshold: { float: random.pick([0, 0.5]) } } : {},
      ['float32'],
    ),
  FeatureVectorizer: (random) => {
    const [count, widths] = [random.between(1, 4), [column(random), column(random)]];
    return ml(
      'FeatureVectorizer',
      1,
      widths.map((width) =>
        tensor(random, random.pick(['float32', 'int64']), [count, width], { tame: true }),
      ),
      { inputdimensions: widths },
      ['float32'],
    );
  },
  ArrayFeatureExtractor: (random) => {
    const columns = column(random);
    const picks = Array.from({ length: random.between(1, 3) }, () =>
      random.between(0, columns - 1),
    );
    const dtype = random.pick(['float32', 'int64', 'string', 'float64', 'int32']);
    return ml(
      'ArrayFeatureExtractor',
      1,
      [
        tensor(random, dtype, rows(random, columns)),
        int64(picks, random.pick([[picks.length], [1, picks.length]])),
      ],
      {},
      [dtype],
    );
  },
};
