import type { FuzzTensor, NodeCase, Verdict } from './types.d.ts';

const floats = (
  values: readonly number[],
  shape: readonly number[] = [values.length],
): FuzzTensor => ({ dtype: 'float32', shape, data: Float32Array.from(values) });
const int32 = (values: readonly number[]): FuzzTensor => ({
  dtype: 'int32',
  shape: [values.length],
  data: Int32Array.from(values),
});
const int64 = (
  values: readonly (number | bigint)[],
  shape: readonly number[] = [values.length],
): FuzzTensor => ({ dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) });
const MOST = 2n ** 63n - 1n;
const SIX = floats([1, 2, 3, 4, 5, 6], [2, 3]);

/** A tree of one split and two leaves. Each vote is leaf, class, weight. */
function stump(
  side: 'class' | 'target',
  votes: readonly (readonly [leaf: 1 | 2, id: number, weight: number])[],
): NonNullable<NodeCase['attributes']> {
  return {
    nodes_treeids: [0, 0, 0],
    nodes_nodeids: [0, 1, 2],
    nodes_featureids: [0, 0, 0],
    nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
    nodes_truenodeids: [1, 0, 0],
    nodes_falsenodeids: [2, 0, 0],
    nodes_values: { floats: [0, 0, 0] },
    [`${side}_treeids`]: votes.map(() => 0),
    [`${side}_nodeids`]: votes.map(([leaf]) => leaf),
    [`${side}_ids`]: votes.map(([, id]) => id),
    [`${side}_weights`]: { floats: votes.map(([, , weight]) => weight) },
  };
}
const ROWS = floats([-1, 1], [2, 1]);
const classifier = (
  labels: readonly string[],
  votes: Parameters<typeof stump>[1],
  post_transform = 'NONE',
): NodeCase => ({
  op: 'TreeEnsembleClassifier',
  domain: 'ai.onnx.ml',
  opset: 3,
  inputs: [ROWS],
  attributes: { ...stump('class', votes), classlabels_strings: labels, post_transform },
  outputs: ['string', 'float32'],
});
const regressor = (
  targets: number,
  votes: Parameters<typeof stump>[1],
  attributes: NonNullable<NodeCase['attributes']>,
): NodeCase => ({
  op: 'TreeEnsembleRegressor',
  domain: 'ai.onnx.ml',
  opset: 3,
  inputs: [ROWS],
  attributes: { ...stump('target', votes), n_targets: targets, ...attributes },
  outputs: ['float32'],
});
const proto3 = (
  op: string,
  opset: number,
  attributes: NonNullable<NodeCase['attributes']>,
  inputs = [SIX],
): NodeCase => ({ op, opset, style: 'proto3', inputs, attributes, outputs: ['float32'] });
const ml = (
  op: string,
  input: FuzzTensor,
  attributes: NonNullable<NodeCase['attributes']>,
  outputs: NodeCase['outputs'],
): NodeCase => ({ op, domain: 'ai.onnx.ml', opset: 2, inputs: [input], attributes, outputs });

/** Models on which the instant engine once differed from ONNX Runtime. */
export const PAST: readonly (readonly [what: string, verdict: Verdict, one: NodeCase])[] = [
  ['Softmax along axis 0, left out of the file', 'agreed', proto3('Softmax', 13, { axis: 0 })],
  [
    'Concat along axis 0, left out of the file',
    'agreed',
    proto3('Concat', 13, { axis: 0 }, [SIX, SIX]),
  ],
  [
    'keepdims of 0, left out of the file',
    'agreed',
    proto3('ReduceMax', 11, { axes: [1], keepdims: 0 }),
  ],
  [
    'a constant of 0.0, left out of the file',
    'agreed',
    proto3('Constant', 13, { value_float: { float: 0 } }, []),
  ],
  [
    'NaN as a boolean',
    'agreed',
    {
      op: 'Cast',
      opset: 13,
      inputs: [floats([NaN, 0, 2])],
      attributes: { to: 9 },
      outputs: ['bool'],
    },
  ],
  [
    'int64 beyond 2^53 as int32',
    'agreed',
    {
      op: 'Cast',
      opset: 13,
      inputs: [int64([2n ** 53n + 1n])],
      attributes: { to: 6 },
      outputs: ['int32'],
    },
  ],
  [
    'a product of int32 beyond 2^53',
    'agreed',
    {
      op: 'Mul',
      opset: 14,
      inputs: [int32([2 ** 31 - 1, 123_456_789]), int32([2 ** 31 - 1, 987_654_321])],
      outputs: ['int32'],
    },
  ],
  [
    'the squares of int64 without values',
    'refused',
    { op: 'ReduceSumSquare', opset: 13, inputs: [int64([], [0])], outputs: ['int64'] },
  ],
  [
    'ReduceL2 over no axes',
    'agreed',
    {
      op: 'ReduceL2',
      opset: 18,
      inputs: [floats([-3, 4]), int64([])],
      constants: [1],
      attributes: { noop_with_empty_axes: 1 },
      outputs: ['float32'],
    },
  ],
  [
    'Squeeze with an empty list of axes',
    'agreed',
    {
      op: 'Squeeze',
      opset: 13,
      inputs: [floats([1, 2], [1, 2, 1]), int64([])],
      outputs: ['float32'],
    },
  ],
  [
    'Slice backward to the largest int64',
    'agreed',
    {
      op: 'Slice',
      opset: 13,
      inputs: [floats([1, 2, 3, 4]), int64([-1]), int64([MOST]), int64([0]), int64([-1])],
      outputs: ['float32'],
    },
  ],
  [
    'a pool with automatic padding and long strides',
    'refused',
    {
      op: 'AveragePool',
      opset: 19,
      inputs: [
        floats(
          Array.from({ length: 63 }, (_, i) => i * i),
          [1, 1, 9, 7],
        ),
      ],
      attributes: { kernel_shape: [1, 2], strides: [3, 2], auto_pad: 'SAME_UPPER' },
      outputs: ['float32'],
    },
  ],
  [
    'a pool with dilations and automatic padding',
    'refused',
    {
      op: 'MaxPool',
      opset: 12,
      inputs: [
        floats(
          Array.from({ length: 36 }, (_, i) => i),
          [1, 1, 6, 6],
        ),
      ],
      attributes: { kernel_shape: [2, 2], dilations: [2, 2], auto_pad: 'SAME_UPPER' },
      outputs: ['float32'],
    },
  ],
  [
    'LinearRegressor, one target, LOGISTIC',
    'agreed',
    ml(
      'LinearRegressor',
      SIX,
      { coefficients: { floats: [1, -2, 0.5] }, post_transform: 'LOGISTIC' },
      ['float32'],
    ),
  ],
  [
    'TreeEnsembleRegressor, one target, LOGISTIC',
    'agreed',
    regressor(
      1,
      [
        [1, 0, 0.3],
        [2, 0, -0.7],
      ],
      { post_transform: 'LOGISTIC' },
    ),
  ],
  [
    'TreeEnsembleRegressor, base values, a leaf without a vote for a target',
    'refused',
    regressor(
      2,
      [
        [1, 0, 0.3],
        [2, 1, 0.7],
      ],
      { base_values: { floats: [1, 2] }, aggregate_function: 'MIN' },
    ),
  ],
  [
    'two classes, votes for the first, LOGISTIC',
    'agreed',
    classifier(
      ['no', 'yes'],
      [
        [1, 0, 0.3],
        [2, 0, 0.7],
      ],
      'LOGISTIC',
    ),
  ],
  [
    'two classes, votes for the second',
    'agreed',
    classifier(
      ['no', 'yes'],
      [
        [1, 1, 0.3],
        [2, 1, 0.7],
      ],
    ),
  ],
  [
    'two classes, votes for the second, LOGISTIC',
    'agreed',
    classifier(
      ['no', 'yes'],
      [
        [1, 1, 0.3],
        [2, 1, 0.7],
      ],
      'LOGISTIC',
    ),
  ],
  [
    'two classes, each leaf votes for another',
    'refused',
    classifier(
      ['no', 'yes'],
      [
        [1, 0, 0.3],
        [2, 1, 0.7],
      ],
    ),
  ],
  [
    'three classes, no votes for the first and negative ones for the others',
    'agreed',
    classifier(
      ['a', 'b', 'c'],
      [
        [1, 1, -0.3],
        [1, 2, -0.2],
        [2, 1, -0.1],
      ],
    ),
  ],
  [
    'LabelEncoder with long keys and values',
    'agreed',
    ml(
      'LabelEncoder',
      int64([2n ** 53n + 1n, 2n ** 53n, 5]),
      {
        keys_int64s: [2n ** 53n + 1n, 2n ** 53n],
        values_int64s: [MOST, -(2n ** 53n) - 1n],
        default_int64: 2n ** 60n + 1n,
      },
      ['int64'],
    ),
  ],
  [
    'long labels of a tree',
    'agreed',
    {
      ...classifier(
        [],
        [
          [1, 0, 1],
          [1, 1, 2],
          [1, 2, 0],
          [2, 0, 3],
          [2, 1, 1],
          [2, 2, 4],
        ],
      ),
      attributes: {
        ...stump('class', [
          [1, 0, 1],
          [1, 1, 2],
          [1, 2, 0],
          [2, 0, 3],
          [2, 1, 1],
          [2, 2, 4],
        ]),
        classlabels_int64s: [1, 2n ** 53n + 1n, MOST],
      },
      outputs: ['int64', 'float32'],
    },
  ],
  [
    'constants beyond 2^53',
    'agreed',
    {
      op: 'Constant',
      opset: 13,
      inputs: [],
      attributes: { value_ints: [2n ** 53n + 1n, MOST, -MOST] },
      outputs: ['int64'],
    },
  ],
  [
    'categories beyond 2^53',
    'agreed',
    ml(
      'OneHotEncoder',
      int64([2n ** 53n, 2n ** 53n + 1n]),
      { cats_int64s: [2n ** 53n, 2n ** 53n + 1n], zeros: 1 },
      ['float32'],
    ),
  ],
  [
    'Clip of an infinity without a bound',
    'agreed',
    {
      op: 'Clip',
      opset: 13,
      inputs: [floats([Infinity, -Infinity, 1]), floats([0], [])],
      outputs: ['float32'],
    },
  ],
  [
    'a power that is NaN',
    'agreed',
    {
      op: 'Pow',
      opset: 15,
      inputs: [floats([1, -1, -1, 2]), floats([NaN, Infinity, -Infinity, NaN])],
      outputs: ['float32'],
    },
  ],
  [
    'Slice backward along a dimension of none',
    'agreed',
    {
      op: 'Slice',
      opset: 13,
      inputs: [floats([], [2, 0]), int64([1]), int64([-5]), int64([1]), int64([-2])],
      outputs: ['float32'],
    },
  ],
];
