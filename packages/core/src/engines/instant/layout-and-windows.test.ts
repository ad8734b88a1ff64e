import { expect, test } from 'vitest';
import type { Tensor } from '../../tensor.ts';
import { anyShape, between, compare, floats, int64, next } from './compare.fixture.ts';
import type { OneNode } from './onnx.fixture.ts';

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
      const rank =
        node.op === 'Reshape' ? Number((node.inputs[1]!.data as BigInt64Array).length) : undefined;
      await compare({
        ...node,
        outputs: rank ? [['float32', rank]] : node.outputs,
      });
    }
  },
);
