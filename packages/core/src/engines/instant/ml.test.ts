import { expect, test } from 'vitest';
import type { Tensor } from '../../tensor.ts';
import { between, compare, floats, int64, next, open, strings } from './compare.fixture.ts';
import { oneNodeModel } from './onnx.fixture.ts';
import type { OneNode } from './onnx.fixture.ts';

function forest(
  trees: number,
  depth: number,
  features: number,
  targets: readonly number[],
  side: 'target' | 'class',
  mode = 'BRANCH_LEQ',
) {
  const lists = {
    tree: [] as number[],
    id: [] as number[],
    feature: [] as number[],
    value: [] as number[],
    mode: [] as string[],
    yes: [] as number[],
    no: [] as number[],
    missing: [] as number[],
  };
  const votes = {
    tree: [] as number[],
    id: [] as number[],
    target: [] as number[],
    weight: [] as number[],
  };
  for (let tree = 0; tree < trees; tree += 1) {
    for (let id = 0; id < 2 ** (depth + 1) - 1; id += 1) {
      const isLeaf = id >= 2 ** depth - 1;
      lists.tree.push(tree);
      lists.id.push(id);
      lists.feature.push(isLeaf ? 0 : between(0, features - 1));
      lists.value.push(isLeaf ? 0 : Math.fround(next() * 2 - 1));
      lists.mode.push(isLeaf ? 'LEAF' : mode);
      lists.yes.push(isLeaf ? 0 : 2 * id + 1);
      lists.no.push(isLeaf ? 0 : 2 * id + 2);
      lists.missing.push(between(0, 1));
      if (!isLeaf) continue;
      for (const target of targets) {
        votes.tree.push(tree);
        votes.id.push(id);
        votes.target.push(target);
        votes.weight.push(Math.fround(next() / trees));
      }
    }
  }
  return {
    nodes_treeids: lists.tree,
    nodes_nodeids: lists.id,
    nodes_featureids: lists.feature,
    nodes_values: { floats: lists.value },
    nodes_modes: lists.mode,
    nodes_truenodeids: lists.yes,
    nodes_falsenodeids: lists.no,
    nodes_missing_value_tracks_true: lists.missing,
    nodes_hitrates: { floats: lists.id.map(() => 1) },
    [`${side}_treeids`]: votes.tree,
    [`${side}_nodeids`]: votes.id,
    [`${side}_ids`]: votes.target,
    [`${side}_weights`]: { floats: votes.weight },
  };
}

const ml = (
  op: string,
  opset: number,
  inputs: readonly Tensor[],
  attributes: OneNode['attributes'],
  outputs: OneNode['outputs'],
): OneNode => ({ op, domain: 'ai.onnx.ml', opset, inputs, attributes: attributes ?? {}, outputs });
const twoScores: OneNode['outputs'] = [
  ['int64', 1],
  ['float32', 2],
];

const ML_CASES: Readonly<Record<string, () => OneNode>> = {
  Scaler: () =>
    ml(
      'Scaler',
      1,
      [floats([3, 4])],
      { offset: { floats: [0.5, 1, -1, 2] }, scale: { floats: [2, 0.5, 1, 3] } },
      [['float32', 2]],
    ),
  'Scaler with one number': () =>
    ml('Scaler', 1, [floats([3, 4])], { offset: { floats: [0.5] }, scale: { floats: [2] } }, [
      ['float32', 2],
    ]),
  'Normalizer L1': () => ml('Normalizer', 1, [floats([3, 4])], { norm: 'L1' }, [['float32', 2]]),
  'Normalizer L2': () => ml('Normalizer', 1, [floats([3, 4])], { norm: 'L2' }, [['float32', 2]]),
  'Normalizer MAX': () =>
    ml('Normalizer', 1, [floats([3, 4], 0.1, 2)], { norm: 'MAX' }, [['float32', 2]]),
  Imputer: () =>
    ml(
      'Imputer',
      1,
      [
        {
          dtype: 'float32',
          shape: [2, 3],
          data: Float32Array.of(Number.NaN, 1, 2, 3, Number.NaN, 5),
        },
      ],
      { imputed_value_floats: { floats: [7, 8, 9] }, replaced_value_float: { float: Number.NaN } },
      [['float32', 2]],
    ),
  Binarizer: () =>
    ml('Binarizer', 1, [floats([3, 4])], { threshold: { float: 0.25 } }, [['float32', 2]]),
  LinearRegressor: () =>
    ml(
      'LinearRegressor',
      1,
      [floats([5, 3])],
      {
        coefficients: { floats: [1, 2, 3, -1, 0.5, 2] },
        intercepts: { floats: [0.5, -1] },
        targets: 2,
      },
      [['float32', 2]],
    ),
  LinearClassifier: () =>
    ml(
      'LinearClassifier',
      1,
      [floats([5, 3])],
      {
        coefficients: { floats: [1, 2, 3, -1, 0.5, 2, 0, 1, -1] },
        intercepts: { floats: [0.5, -1, 0] },
        classlabels_ints: [3, 5, 9],
        post_transform: ['NONE', 'SOFTMAX', 'LOGISTIC'][between(0, 2)]!,
      },
      twoScores,
    ),
  'LinearClassifier of texts': () =>
    ml(
      'LinearClassifier',
      1,
      [floats([5, 3])],
      {
        coefficients: { floats: [1, 2, 3, -1, 0.5, 2] },
        intercepts: { floats: [0.5, -1] },
        classlabels_strings: ['no', 'yes'],
        post_transform: 'SOFTMAX',
      },
      [
        ['string', 1],
        ['float32', 2],
      ],
    ),
  'OneHotEncoder of numbers': () =>
    ml('OneHotEncoder', 1, [int64([3, 1, 7, 2])], { cats_int64s: [1, 2, 3], zeros: 1 }, [
      ['float32', 2],
    ]),
  'OneHotEncoder of texts': () =>
    ml('OneHotEncoder', 1, [strings(['b', 'a', 'x'])], { cats_strings: ['a', 'b'], zeros: 1 }, [
      ['float32', 2],
    ]),
  'LabelEncoder to numbers': () =>
    ml(
      'LabelEncoder',
      2,
      [strings(['b', 'a', 'x'])],
      { keys_strings: ['a', 'b'], values_int64s: [10, 20], default_int64: -5 },
      [['int64', 1]],
    ),
  'LabelEncoder to texts': () =>
    ml(
      'LabelEncoder',
      2,
      [int64([2, 1, 9])],
      { keys_int64s: [1, 2], values_strings: ['one', 'two'], default_string: '?' },
      [['string', 1]],
    ),
  FeatureVectorizer: () =>
    ml('FeatureVectorizer', 1, [floats([3, 2]), floats([3, 1])], { inputdimensions: [2, 1] }, [
      ['float32', 2],
    ]),
  ArrayFeatureExtractor: () =>
    ml('ArrayFeatureExtractor', 1, [floats([3, 4]), int64([2, 0], [1, 2])], {}, [['float32', 2]]),
  ...Object.fromEntries(
    ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'].map(
      (mode) => [
        `TreeEnsembleRegressor ${mode}`,
        () =>
          ml(
            'TreeEnsembleRegressor',
            3,
            [floats([9, 4], -1, 1)],
            {
              ...forest(5, 3, 4, [0, 1], 'target', mode),
              n_targets: 2,
              aggregate_function: 'SUM',
              base_values: { floats: [0.5, -1] },
            },
            [['float32', 2]],
          ),
      ],
    ),
  ),
  ...Object.fromEntries(
    ['AVERAGE', 'MIN', 'MAX'].map((aggregate) => [
      `TreeEnsembleRegressor ${aggregate}`,
      () =>
        ml(
          'TreeEnsembleRegressor',
          3,
          [floats([9, 4], -1, 1)],
          { ...forest(5, 3, 4, [0], 'target'), n_targets: 1, aggregate_function: aggregate },
          [['float32', 2]],
        ),
    ]),
  ),
  'TreeEnsembleRegressor with values missing': () =>
    ml(
      'TreeEnsembleRegressor',
      3,
      [
        {
          dtype: 'float32',
          shape: [8, 2],
          data: Float32Array.from({ length: 16 }, () =>
            next() < 0.4 ? Number.NaN : next() * 2 - 1,
          ),
        },
      ],
      { ...forest(3, 3, 2, [0], 'target'), n_targets: 1 },
      [['float32', 2]],
    ),
  'TreeEnsembleClassifier of three': () =>
    ml(
      'TreeEnsembleClassifier',
      3,
      [floats([9, 4], -1, 1)],
      {
        ...forest(5, 3, 4, [0, 1, 2], 'class'),
        classlabels_int64s: [4, 7, 9],
        post_transform: ['NONE', 'SOFTMAX', 'LOGISTIC'][between(0, 2)]!,
      },
      twoScores,
    ),
  'TreeEnsembleClassifier of two': () =>
    ml(
      'TreeEnsembleClassifier',
      3,
      [floats([9, 4], -1, 1)],
      { ...forest(5, 3, 4, [0, 1], 'class'), classlabels_int64s: [0, 1] },
      twoScores,
    ),
  'TreeEnsembleClassifier of two texts': () =>
    ml(
      'TreeEnsembleClassifier',
      3,
      [floats([9, 4], -1, 1)],
      {
        ...forest(5, 3, 4, [0, 1], 'class'),
        classlabels_strings: ['no', 'yes'],
        post_transform: 'SOFTMAX',
      },
      [
        ['string', 1],
        ['float32', 2],
      ],
    ),
  'TreeEnsembleClassifier of two by one score, of both signs': () => {
    const trees = forest(5, 3, 4, [0], 'class') as ReturnType<typeof forest> & {
      class_weights: { floats: number[] };
    };
    return ml(
      'TreeEnsembleClassifier',
      3,
      [floats([9, 4], -1, 1)],
      {
        ...trees,
        class_weights: {
          floats: trees.class_weights.floats.map((weight, i) => (i % 2 ? weight : -weight)),
        },
        classlabels_int64s: [0, 1],
        post_transform: ['NONE', 'LOGISTIC'][between(0, 1)]!,
      },
      twoScores,
    );
  },
  'TreeEnsembleClassifier of two by one score': () =>
    ml(
      'TreeEnsembleClassifier',
      3,
      [floats([9, 4], -1, 1)],
      { ...forest(5, 3, 4, [0], 'class'), classlabels_int64s: [0, 1] },
      twoScores,
    ),
};

test.each(Object.keys(ML_CASES))('ai.onnx.ml: %s gives what ONNX Runtime gives', async (name) => {
  expect.hasAssertions();
  for (let run = 0; run < 8; run += 1) await compare(ML_CASES[name]!());
});

test('trees with a cycle are refused', async () => {
  const trees = { ...forest(1, 1, 2, [0], 'target'), nodes_falsenodeids: [0, 0, 0], n_targets: 1 };
  const { bytes } = oneNodeModel(
    ml('TreeEnsembleRegressor', 3, [floats([1, 2])], trees, [['float32', 2]]),
  );
  await expect(open(bytes)).rejects.toMatchObject({ code: 'WRONG_CONTENT' });
});
