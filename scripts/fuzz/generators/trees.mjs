import { tensor } from '../random.mjs';

/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Attributes} Attributes */
/** @typedef {import('../types.d.ts').Dtype} Dtype */
/** @typedef {import('../types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('../types.d.ts').Generator} Generator */

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
const FEATURES = 3;

/** @returns {number[]} */
const numbers = () => [];

/**
 * Complete trees. Each leaf votes for all of the targets, or for some of them.
 * @param {Random} random
 * @param {readonly number[]} targets
 * @param {'class' | 'target'} side
 * @param {{ isPartial: boolean, sign: number }} options
 */
function forest(random, targets, side, { isPartial, sign }) {
  /** @type {string[]} */
  const modes = [];
  const columns = {
    nodes_treeids: numbers(),
    nodes_nodeids: numbers(),
    nodes_featureids: numbers(),
    nodes_modes: modes,
    nodes_truenodeids: numbers(),
    nodes_falsenodeids: numbers(),
    nodes_missing_value_tracks_true: numbers(),
  };
  const votes = { treeids: numbers(), nodeids: numbers(), ids: numbers() };
  const [values, weights] = [numbers(), numbers()];
  const mode = random.pick(MODES);
  for (let tree = 0; tree < random.between(1, 5); tree += 1) {
    const depth = random.between(0, 3);
    for (let id = 0; id < 2 ** (depth + 1) - 1; id += 1) {
      const isLeaf = id >= 2 ** depth - 1;
      columns.nodes_treeids.push(tree);
      columns.nodes_nodeids.push(id);
      columns.nodes_featureids.push(isLeaf ? 0 : random.between(0, FEATURES - 1));
      modes.push(isLeaf ? 'LEAF' : random.chance(0.9) ? mode : random.pick(MODES));
      columns.nodes_truenodeids.push(isLeaf ? 0 : 2 * id + 1);
      columns.nodes_falsenodeids.push(isLeaf ? 0 : 2 * id + 2);
      columns.nodes_missing_value_tracks_true.push(random.between(0, 1));
      values.push(isLeaf ? 0 : random.between(-2, 2) / 2);
      if (!isLeaf) continue;
      const own = targets.filter(() => !isPartial || random.chance(0.6));
      for (const target of own.length > 0 ? own : [random.pick(targets)]) {
        votes.treeids.push(tree);
        votes.nodeids.push(id);
        votes.ids.push(target);
        weights.push(
          Math.fround(random.next() * sign * (sign === 1 || random.chance(0.5) ? 1 : -1)),
        );
      }
    }
  }
  return {
    ...columns,
    nodes_values: { floats: values },
    ...Object.fromEntries(Object.entries(votes).map(([name, list]) => [`${side}_${name}`, list])),
    [`${side}_weights`]: { floats: weights },
  };
}

/** @param {Random} random */
function input(random) {
  const dtype = random.pick(['float32', 'float32', 'float32', 'float64', 'int64', 'int32']);
  return tensor(random, dtype, [random.between(1, 6), FEATURES], {
    low: -2,
    high: 2,
    tame: !dtype.startsWith('float'),
  });
}
/**
 * Floats become multiples of a half.
 * @param {FuzzTensor} values
 * @returns {FuzzTensor}
 */
function halved(values) {
  const { data } = values;
  return data instanceof Float32Array || data instanceof Float64Array
    ? { ...values, data: data.map((value) => Math.round(value * 2) / 2) }
    : values;
}

/**
 * @param {Random} random
 * @param {number} length
 */
const base = (random, length) => ({
  base_values: { floats: Array.from({ length }, () => random.between(-4, 4) / 4) },
});

/**
 * @param {string} op
 * @param {Attributes} attributes
 * @param {readonly Dtype[]} outputs
 * @param {Random} random
 */
const treeCase = (op, attributes, outputs, random) => ({
  op,
  domain: 'ai.onnx.ml',
  opset: 3,
  inputs: [random.chance(0.5) ? input(random) : halved(input(random))],
  attributes,
  outputs,
});

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function regressor(random) {
  const count = random.between(1, 3);
  const targets = Array.from({ length: count }, (_, i) => i);
  return treeCase(
    'TreeEnsembleRegressor',
    {
      ...forest(random, targets, 'target', {
        isPartial: random.chance(0.3),
        sign: random.pick([1, -1]),
      }),
      n_targets: count,
      ...(random.chance(0.6) && {
        aggregate_function: random.pick(['SUM', 'AVERAGE', 'MIN', 'MAX']),
      }),
      ...(random.chance(0.4) && base(random, count)),
      ...(random.chance(0.4) && {
        post_transform: random.pick(['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT']),
      }),
    },
    ['float32'],
    random,
  );
}

/**
 * @param {readonly number[]} counts
 * @returns {Generator}
 */
const classifier = (counts) => (random) => {
  const count = random.pick(counts);
  const isText = random.chance(0.5);
  const labels = isText
    ? { classlabels_strings: ['c0', 'c1', 'c2', 'c3'].slice(0, count) }
    : {
        classlabels_int64s: random
          .pick([
            [0n, 1n, 2n, 3n],
            [5n, 2n ** 53n + 1n, 7n, -1n],
          ])
          .slice(0, count),
      };
  const targets = random.pick([
    Array.from({ length: count }, (_, i) => i),
    [random.between(0, count - 1)],
  ]);
  return treeCase(
    'TreeEnsembleClassifier',
    {
      ...forest(random, targets, 'class', {
        isPartial: random.chance(0.4),
        sign: random.pick([1, -1]),
      }),
      ...labels,
      ...(random.chance(0.2) && base(random, count)),
      ...(random.chance(0.6) && {
        post_transform: random.pick(['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT']),
      }),
    },
    [isText ? 'string' : 'int64', 'float32'],
    random,
  );
};

/** @type {Record<string, Generator>} */
export const TREES = {
  TreeEnsembleRegressor: regressor,
  'TreeEnsembleClassifier of two': classifier([2]),
  'TreeEnsembleClassifier of more': classifier([3, 4]),
};
