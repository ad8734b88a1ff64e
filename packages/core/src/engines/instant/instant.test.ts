import * as ort from 'onnxruntime-node';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { PerigeeError } from '../../error.ts';
import type { Tensor, Tensors } from '../../tensor.ts';
import { instantEngine } from './engine.ts';
import { oneNodeModel } from './onnx.fixture.ts';
import type { OneNode } from './onnx.fixture.ts';

const OPTIONS = { backend: 'cpu', threads: 1, wasmUrl: null, optimized: false } as const;
const open = (bytes: Uint8Array) =>
  instantEngine.create({ entry: 'model.onnx', files: { 'model.onnx': bytes } }, OPTIONS);

const next = seededRandom(2026);
const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
const size = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);
const floats = (shape: readonly number[], low = -2, high = 2): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: size(shape) }, () => low + next() * (high - low)),
});
const int64 = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});
const strings = (values: readonly string[]): Tensor => ({
  dtype: 'string',
  shape: [values.length],
  data: [...values],
});
const anyShape = (rank = between(1, 4)): number[] =>
  Array.from({ length: rank }, () => between(1, 5));
/** A shape that broadcasts to `shape`: some sizes are 1, or only the last dimensions are left. */
const broadcastable = (shape: readonly number[]): number[] =>
  shape.slice(between(0, shape.length)).map((length) => (next() < 0.4 ? 1 : length));

/** The outputs of ONNX Runtime for the same model. */
async function reference(bytes: Uint8Array, feeds: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const fed = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype as 'float32', data as Float32Array, shape),
    ]),
  );
  const outputs = await session.run(fed);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [
      name,
      { dtype: type, shape: [...dims], data } as Tensor,
    ]),
  );
}

function expectEqual(got: Tensors, expected: Tensors): void {
  expect(Object.keys(got).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, want] of Object.entries(expected)) {
    expect([got[name]!.dtype, got[name]!.shape]).toEqual([want.dtype, want.shape]);
    const values = Array.from(got[name]!.data as ArrayLike<unknown>);
    for (const [i, value] of Array.from(want.data as ArrayLike<unknown>).entries()) {
      if (typeof value !== 'number' || !Number.isFinite(value)) expect(values[i]).toEqual(value);
      else
        expect(
          Math.abs((values[i] as number) - value),
          `value ${i}: ${String(values[i])}, expected ${value}`,
        ).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(value));
    }
  }
}

async function compare(node: OneNode): Promise<void> {
  const { bytes, feeds } = oneNodeModel(node);
  const session = await open(bytes);
  expectEqual(await session.run(feeds), await reference(bytes, feeds));
}

const same = (op: string, low?: number, high?: number) => (): OneNode => {
  const shape = anyShape();
  return { op, inputs: [floats(shape, low, high)], outputs: [['float32', shape.length]] };
};
const pair =
  (op: string, dtype = 'float32', low?: number, high?: number) =>
  (): OneNode => {
    const shape = anyShape();
    const other = broadcastable(shape);
    const inputs = [floats(shape, low, high), floats(other, low, high)];
    return {
      op,
      inputs: next() < 0.5 ? inputs : inputs.toReversed(),
      outputs: [[dtype, shape.length]],
    };
  };
const reduced =
  (op: string, opset = 13, low = -2) =>
  (): OneNode => {
    const shape = anyShape(3);
    const keepdims = between(0, 1);
    const axes = [[0], [1, 2], [-1], [0, 2]][between(0, 3)]!;
    return op === 'ReduceSum'
      ? {
          op,
          opset,
          inputs: [floats(shape), int64(axes)],
          attributes: { keepdims },
          outputs: [['float32', keepdims ? 3 : 3 - axes.length]],
        }
      : {
          op,
          opset,
          inputs: [floats(shape, low)],
          attributes: { keepdims, axes },
          outputs: [['float32', keepdims ? 3 : 3 - axes.length]],
        };
  };
const picture = (): Tensor =>
  floats([between(1, 2), 2 * between(1, 2), between(5, 9), between(5, 9)]);
const pooled =
  (op: string, more: OneNode['attributes'] = {}) =>
  (): OneNode => ({
    op,
    inputs: [picture()],
    outputs: [['float32', 4]],
    attributes: {
      kernel_shape: [between(1, 3), between(1, 3)],
      strides: [between(1, 2), between(1, 2)],
      ...(next() < 0.3
        ? { auto_pad: next() < 0.5 ? 'SAME_UPPER' : 'SAME_LOWER' }
        : { pads: [0, 0, 0, 0] }),
      ...more,
    },
  });

const CASES: Readonly<Record<string, () => OneNode>> = {
  Add: pair('Add'),
  Sub: pair('Sub'),
  Mul: pair('Mul'),
  Div: pair('Div', 'float32', 0.5, 3),
  Pow: pair('Pow', 'float32', 0.2, 2),
  Min: pair('Min'),
  Max: pair('Max'),
  Mod: () => ({ ...pair('Mod', 'float32', 0.5, 3)(), attributes: { fmod: 1 } }),
  Equal: pair('Equal', 'bool'),
  Less: pair('Less', 'bool'),
  Greater: pair('Greater', 'bool'),
  LessOrEqual: pair('LessOrEqual', 'bool'),
  GreaterOrEqual: pair('GreaterOrEqual', 'bool'),
  PRelu: () => {
    const shape = anyShape();
    return {
      op: 'PRelu',
      inputs: [floats(shape), floats(broadcastable(shape))],
      outputs: [['float32', shape.length]],
    };
  },
  Relu: same('Relu'),
  Sigmoid: same('Sigmoid', -9, 9),
  Tanh: same('Tanh'),
  Neg: same('Neg'),
  Abs: same('Abs'),
  Sqrt: same('Sqrt', 0, 5),
  Exp: same('Exp'),
  Log: same('Log', 0.1, 9),
  Floor: same('Floor'),
  Ceil: same('Ceil'),
  Round: same('Round', -9, 9),
  Reciprocal: same('Reciprocal', 0.5, 3),
  Erf: same('Erf', -4, 4),
  Sign: same('Sign'),
  Softplus: same('Softplus', -20, 20),
  Softsign: same('Softsign'),
  Elu: same('Elu'),
  Selu: same('Selu'),
  Celu: same('Celu'),
  LeakyRelu: same('LeakyRelu'),
  HardSigmoid: same('HardSigmoid'),
  HardSwish: same('HardSwish', -5, 5),
  ThresholdedRelu: same('ThresholdedRelu'),
  Softmax: () => ({ ...same('Softmax')(), opset: 13, attributes: { axis: -1 } }),
  'Softmax before 13': () => ({
    op: 'Softmax',
    opset: 11,
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2) },
    outputs: [['float32', 3]],
  }),
  LogSoftmax: () => ({
    op: 'LogSoftmax',
    opset: 13,
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2) },
    outputs: [['float32', 3]],
  }),
  Hardmax: () => ({
    op: 'Hardmax',
    opset: 13,
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2) },
    outputs: [['float32', 3]],
  }),
  Clip: () => ({
    op: 'Clip',
    inputs: [floats(anyShape(2)), floats([], -1, 0), next() < 0.5 ? null : floats([], 0.5, 1)],
    outputs: [['float32', 2]],
  }),
  Where: () => {
    const shape = anyShape(3);
    return {
      op: 'Where',
      inputs: [
        {
          dtype: 'bool',
          shape,
          data: Uint8Array.from({ length: size(shape) }, () => between(0, 1)),
        },
        floats(shape),
        floats(broadcastable(shape)),
      ],
      outputs: [['float32', 3]],
    };
  },
  Cast: () => ({
    op: 'Cast',
    inputs: [floats(anyShape(2), -50, 50)],
    attributes: { to: [7, 6, 11, 9][between(0, 3)]! },
    outputs: [['float32', 2]],
  }),
  Gemm: () => {
    const [m, n, k] = [between(1, 5), between(1, 5), between(1, 9)];
    const [transA, transB] = [between(0, 1), between(0, 1)];
    return {
      op: 'Gemm',
      inputs: [
        floats(transA ? [k, m] : [m, k]),
        floats(transB ? [n, k] : [k, n]),
        [null, floats([n]), floats([m, 1]), floats([])][between(0, 3)]!,
      ],
      constants: [1],
      attributes: { transA, transB, alpha: { float: 0.5 }, beta: { float: 2 } },
      outputs: [['float32', 2]],
    };
  },
  MatMul: () => {
    const [m, n, k, batch] = [between(1, 5), between(1, 5), between(1, 9), between(1, 3)];
    const inputs = [
      [
        [m, k],
        [k, n],
      ],
      [
        [batch, m, k],
        [k, n],
      ],
      [
        [2, 1, m, k],
        [1, batch, k, n],
      ],
      [[k], [k, n]],
    ][between(0, 3)]!;
    return {
      op: 'MatMul',
      inputs: inputs.map((shape) => floats(shape)),
      outputs: [
        [
          'float32',
          Math.max(inputs[0]!.length, inputs[1]!.length) - (inputs[0]!.length === 1 ? 1 : 0),
        ],
      ],
    };
  },
  Conv: () => {
    const x = picture();
    const group = next() < 0.5 ? 1 : 2;
    const kernel = [between(1, 3), between(1, 3)];
    return {
      op: 'Conv',
      inputs: [x, floats([4, x.shape[1]! / group, ...kernel]), next() < 0.5 ? null : floats([4])],
      attributes: {
        group,
        strides: [between(1, 2), between(1, 2)],
        dilations: [between(1, 2), between(1, 2)],
        pads: [between(0, 2), between(0, 2), between(0, 2), between(0, 2)],
      },
      outputs: [['float32', 4]],
    };
  },
  'Conv on a line': () => ({
    op: 'Conv',
    inputs: [floats([2, 3, 11]), floats([4, 3, 3])],
    attributes: { strides: [2], auto_pad: 'SAME_UPPER' },
    outputs: [['float32', 3]],
  }),
  MaxPool: pooled('MaxPool'),
  AveragePool: pooled('AveragePool'),
  'AveragePool with padding': pooled('AveragePool', {
    pads: [1, 0, 1, 1],
    auto_pad: 'NOTSET',
    kernel_shape: [3, 2],
    count_include_pad: 1,
  }),
  'MaxPool rounding up': pooled('MaxPool', {
    ceil_mode: 1,
    auto_pad: 'NOTSET',
    pads: [0, 0, 0, 0],
    kernel_shape: [3, 3],
    strides: [2, 2],
  }),
  GlobalAveragePool: () => ({
    op: 'GlobalAveragePool',
    inputs: [picture()],
    outputs: [['float32', 4]],
  }),
  GlobalMaxPool: () => ({ op: 'GlobalMaxPool', inputs: [picture()], outputs: [['float32', 4]] }),
  BatchNormalization: () => {
    const x = picture();
    const c = x.shape[1]!;
    return {
      op: 'BatchNormalization',
      inputs: [x, floats([c]), floats([c]), floats([c]), floats([c], 0.5, 2)],
      constants: [1, 2, 3, 4],
      outputs: [['float32', 4]],
    };
  },
  Reshape: () => ({
    op: 'Reshape',
    inputs: [
      floats([2, 3, 4]),
      int64(
        [
          [-1, 4],
          [0, -1],
          [4, 3, 2],
          [2, 0, 2, -1],
        ][between(0, 3)]!,
      ),
    ],
    outputs: [['float32', 2]],
  }),
  Flatten: () => ({
    op: 'Flatten',
    inputs: [floats(anyShape(4))],
    attributes: { axis: between(-3, 3) },
    outputs: [['float32', 2]],
  }),
  Transpose: () => ({
    op: 'Transpose',
    inputs: [floats(anyShape(3))],
    attributes: {
      perm: [
        [0, 2, 1],
        [2, 0, 1],
        [1, 2, 0],
      ][between(0, 2)]!,
    },
    outputs: [['float32', 3]],
  }),
  Squeeze: () => ({
    op: 'Squeeze',
    inputs: [floats([1, 3, 1]), int64([-1])],
    outputs: [['float32', 2]],
  }),
  Unsqueeze: () => ({
    op: 'Unsqueeze',
    inputs: [floats([2, 3]), int64([0, -1])],
    outputs: [['float32', 4]],
  }),
  Concat: () => {
    const shape = anyShape(3);
    const axis = between(-3, 2);
    const other = shape.map((length, i) => (i === (axis + 3) % 3 ? between(1, 4) : length));
    return {
      op: 'Concat',
      inputs: [floats(shape), floats(other), floats(shape)],
      attributes: { axis },
      outputs: [['float32', 3]],
    };
  },
  Split: () => ({
    op: 'Split',
    inputs: [floats([3, 7]), int64([2, 4, 1])],
    attributes: { axis: 1 },
    outputs: [
      ['float32', 2],
      ['float32', 2],
      ['float32', 2],
    ],
  }),
  Slice: () => ({
    op: 'Slice',
    inputs: [
      floats([6, 7]),
      int64([between(-6, 5), between(-7, 6)]),
      int64([between(-9, 9), between(-9, 9)]),
      int64([0, 1]),
      int64([between(1, 2), [1, -1, -2][between(0, 2)]!]),
    ],
    outputs: [['float32', 2]],
  }),
  Gather: () => ({
    op: 'Gather',
    inputs: [floats([4, 5]), int64([0, -1, 2, 3], [2, 2])],
    attributes: { axis: between(0, 1) },
    outputs: [['float32', 3]],
  }),
  Expand: () => ({
    op: 'Expand',
    inputs: [floats([3, 1]), int64([2, 1, 4])],
    outputs: [['float32', 3]],
  }),
  Tile: () => ({
    op: 'Tile',
    inputs: [floats([2, 3]), int64([between(1, 3), between(1, 3)])],
    outputs: [['float32', 2]],
  }),
  Pad: () => ({
    op: 'Pad',
    inputs: [floats([2, 3]), int64([between(0, 2), 1, between(0, 2), -1]), floats([])],
    outputs: [['float32', 2]],
  }),
  Shape: () => ({ op: 'Shape', inputs: [floats(anyShape())], outputs: [['int64', 1]] }),
  ReduceSum: reduced('ReduceSum'),
  ReduceMean: reduced('ReduceMean'),
  ReduceMax: reduced('ReduceMax'),
  ReduceMin: reduced('ReduceMin'),
  ReduceProd: reduced('ReduceProd'),
  ReduceL2: reduced('ReduceL2'),
  ReduceSumSquare: reduced('ReduceSumSquare'),
  ArgMax: () => ({
    op: 'ArgMax',
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(-3, 2), keepdims: 1 },
    outputs: [['int64', 3]],
  }),
  ArgMin: () => ({
    op: 'ArgMin',
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2), keepdims: 0 },
    outputs: [['int64', 2]],
  }),
  TopK: () => ({
    op: 'TopK',
    inputs: [floats([3, 6]), int64([between(1, 6)])],
    attributes: { largest: between(0, 1) },
    outputs: [
      ['float32', 2],
      ['int64', 2],
    ],
  }),
};

test.each(Object.keys(CASES))(
  '%s gives what ONNX Runtime gives, on random shapes',
  async (name) => {
    expect.hasAssertions();
    for (let run = 0; run < 12; run += 1) {
      const node = CASES[name]!();
      const to =
        node.op === 'Cast'
          ? { 7: 'int64', 6: 'int32', 11: 'float64', 9: 'bool' }[node.attributes!['to'] as number]
          : undefined;
      const rank =
        node.op === 'Reshape' ? Number((node.inputs[1]!.data as BigInt64Array).length) : undefined;
      await compare({
        ...node,
        outputs: to ? [[to, 2]] : rank ? [['float32', rank]] : node.outputs,
      });
    }
  },
);

/** A random forest in flat lists. Its trees are complete and have the given depth. */
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

test.each(['wdbc/versions/1.0.0', 'digits/versions/1.0.0', 'digits/versions/1.1.0'])(
  'the model %s gives what ONNX Runtime gives, one row and many',
  async (path) => {
    expect.hasAssertions();
    const bytes = new Uint8Array(
      await readFile(
        fileURLToPath(new URL(`../../../../../models/${path}/model.onnx`, import.meta.url)),
      ),
    );
    const session = await open(bytes);
    const [input] = session.signature.inputs;
    for (const rows of [1, 7]) {
      const feeds = {
        [input!.name]: floats(
          input!.shape.map((length) => (typeof length === 'number' ? length : rows)),
          0,
          1,
        ),
      };
      expectEqual(await session.run(feeds), await reference(bytes, feeds));
    }
  },
);

test('outputs own their values: what a caller does to them changes no later answer', async () => {
  const { bytes, feeds } = oneNodeModel({
    op: 'Identity',
    inputs: [floats([3])],
    outputs: [['float32', 1]],
  });
  const session = await open(bytes);
  const before = [...(feeds['x0']!.data as Float32Array)];
  const { y0 } = await session.run(feeds);
  (y0!.data as Float32Array).fill(9);
  expect([...(feeds['x0']!.data as Float32Array)]).toEqual(before);
});

test.each([
  [
    'an operator it does not have',
    {
      op: 'Einsum',
      inputs: [floats([2, 2])],
      attributes: { equation: 'ij->ji' },
      outputs: [['float32', 2]],
    },
    /Einsum/,
  ],
  [
    "an operator named like one of Object's own",
    { op: 'constructor', inputs: [floats([2, 2])], outputs: [['float32', 2]] },
    /constructor/,
  ],
  [
    'a mode it does not have',
    {
      op: 'Pad',
      inputs: [floats([2, 2]), int64([0, 0, 1, 1])],
      attributes: { mode: 'reflect' },
      outputs: [['float32', 2]],
    },
    /reflect/,
  ],
  [
    'a pool with indices',
    {
      op: 'MaxPool',
      inputs: [floats([1, 1, 4, 4])],
      attributes: { kernel_shape: [2, 2] },
      outputs: [
        ['float32', 4],
        ['int64', 4],
      ],
    },
    /indices/,
  ],
] as const)('%s is refused before anything runs, by name', async (_what, node, says) => {
  const error = await open(oneNodeModel(node as unknown as OneNode).bytes).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    message: expect.stringMatching(says) as string,
  });
});

test('trees with a way back are refused, not walked for ever', async () => {
  const trees = { ...forest(1, 1, 2, [0], 'target'), nodes_falsenodeids: [0, 0, 0], n_targets: 1 };
  const { bytes } = oneNodeModel(
    ml('TreeEnsembleRegressor', 3, [floats([1, 2])], trees, [['float32', 2]]),
  );
  await expect(open(bytes)).rejects.toMatchObject({ code: 'WRONG_CONTENT' });
});

test('damaged files end in an answer or a PerigeeError', async () => {
  const whole = new Uint8Array(
    await readFile(
      fileURLToPath(new URL('../../../../../e2e/models/two-layers.onnx', import.meta.url)),
    ),
  );
  let refused = 0;
  for (let run = 0; run < 600; run += 1) {
    const damaged = whole.slice(0, run % 3 === 0 ? between(0, whole.length) : whole.length);
    const flips = run % 3 === 0 ? 0 : between(1, 4);
    for (let flip = 0; flip < flips; flip += 1)
      damaged[next() < 0.5 ? between(0, 200) : whole.length - between(1, 200)]! ^=
        1 << between(0, 7);
    try {
      const session = await open(damaged);
      const feeds = Object.fromEntries(
        session.signature.inputs.map(({ name, shape }) => [
          name,
          floats(shape.map((length) => (typeof length === 'number' ? Math.min(length, 64) : 1))),
        ]),
      );
      await session.run(feeds);
    } catch (error) {
      expect(error).toBeInstanceOf(PerigeeError);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(100);
});
