// Steps that compute. Each returns a name, or null if nothing fits.
import { floats, tensor } from '../random.mjs';
import { ROWS, axesOf, axisOf, last, list, weightsOf } from './shared.mjs';

const UNARY = ['Relu', 'Tanh', 'Neg', 'Sigmoid', 'Identity', 'Abs', 'Sign'];
const BINARY = ['Add', 'Mul', 'Sub', 'Max', 'Sum'];

/** @satisfies {Record<string, import('../types.d.ts').Step>} */
export const COMPUTE = {
  unary: (g) => g.node(g.random.pick(UNARY), [g.any().name]),
  withWeight: (g, t = g.any()) => {
    const shape = g.random.broadcastable(t.shape);
    const names = [t.name, weightsOf(g, shape)];
    return g.node(g.random.pick(BINARY), g.random.chance(0.5) ? names : names.reverse());
  },
  binary: (g) => g.node(g.random.pick(BINARY), [g.any().name, g.any().name]),
  matMulWeight: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node('MatMul', [
      t.name,
      weightsOf(g, g.random.pick([[last(t.shape), 3], [last(t.shape)], [2, last(t.shape), 2]])),
    ]),
  weightMatMul: (g, t = g.pick('float32', 2)) =>
    t && g.node('MatMul', [weightsOf(g, [3, t.shape[t.rank - 2]]), t.name]),
  matMul: (g) => g.node('MatMul', [g.any().name, g.any().name]),
  matMulSelf: (g, t = g.pick('float32', 2)) => {
    if (!t) return null;
    const perm = t.shape.map((_, axis) => axis);
    [perm[t.rank - 1], perm[t.rank - 2]] = [t.rank - 2, t.rank - 1];
    return g.node('MatMul', [t.name, g.node('Transpose', [t.name], { perm })]);
  },
  gemm: (g, t = g.pick('float32', 2)) => {
    if (t?.rank !== 2) return null;
    const transA = g.random.between(0, 1);
    const inner = t.shape[transA ? 0 : 1];
    return g.node(
      'Gemm',
      [
        t.name,
        weightsOf(g, [inner, 3]),
        ...g.random.pick([[], [weightsOf(g, [3])], [weightsOf(g, [ROWS, 3])]]),
      ],
      { transA },
    );
  },
  reduce: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node(g.random.pick(['ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceProd']), [t.name], {
      axes: axesOf(g, t),
      keepdims: g.random.between(0, 1),
    }),
  softmax: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node(
      g.random.pick(['Softmax', 'LogSoftmax', 'Hardmax']),
      [t.name],
      g.random.chance(0.8) ? { axis: axisOf(g, t.rank) } : {},
    ),
  argMax: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node(
      'Cast',
      [g.node('ArgMax', [t.name], { axis: axisOf(g, t.rank), keepdims: g.random.between(0, 1) })],
      { to: 1 },
    ),
  topK: (g, t = g.pick('float32', 1)) =>
    t && g.node('TopK', [t.name, list(g, [1])], { axis: axisOf(g, t.rank) }, 2),
  cumSum: (g, t = g.pick('float32', 1)) =>
    t && g.node('CumSum', [t.name, list(g, [axisOf(g, t.rank)], [])]),
  layerNormalization: (g, t = g.pick('float32', 1)) => {
    if (!t || g.opset < 17) return null;
    const axis = axisOf(g, t.rank);
    const shape = t.shape.slice(axis);
    return g.node(
      'LayerNormalization',
      [t.name, g.random.chance(0.2) ? g.any().name : weightsOf(g, shape)],
      { axis },
    );
  },
  lpNormalization: (g, t = g.pick('float32', 1)) =>
    t && g.node('LpNormalization', [t.name], { axis: axisOf(g, t.rank) }),
  instanceNormalization: (g, t = g.pick('float32', 3)) =>
    t &&
    g.node('InstanceNormalization', [
      t.name,
      weightsOf(g, [t.shape[1]]),
      g.random.chance(0.2) ? g.any().name : weightsOf(g, [t.shape[1]]),
    ]),
  batchNormalization: (g, t = g.pick('float32', 2)) => {
    if (!t) return null;
    const parameter = () =>
      g.weight(tensor(g.random, 'float32', [t.shape[1]], { low: 0.5, high: 2, tame: true }));
    return g.node('BatchNormalization', [
      t.name,
      parameter(),
      parameter(),
      parameter(),
      parameter(),
    ]);
  },
  convolution: (g, t = g.pick('float32', 3)) => {
    if (t?.rank !== 3) return null;
    return g.node('Conv', [
      t.name,
      weightsOf(g, [2, t.shape[1], 1]),
      ...(g.random.chance(0.2) ? [g.any(1).name] : []),
    ]);
  },
  pool: (g, t = g.pick('float32', 3)) => {
    if (t?.rank !== 3) return null;
    const [, indices] = g.nodeOf('MaxPool', [t.name], { kernel_shape: [1] }, 2);
    return g.node('Cast', [indices], { to: 1 });
  },
  quantized: (g, t = g.any()) => {
    const outputs = g.nodeOf('DynamicQuantizeLinear', [t.name], {}, 3);
    return g.node('DequantizeLinear', outputs);
  },
  oneHot: (g, t = g.pick('int64', 1)) =>
    t &&
    g.node('OneHot', [t.name, list(g, [3]), g.weight(floats([0, 1]))], {
      axis: axisOf(g, t.rank + 1),
    }),
  oneHotOfRows: (g, t = g.pick('float32', 1)) =>
    t && g.node('OneHot', [list(g, [0, 1]), list(g, [3]), t.name]),
  whole: (g, t = g.any()) => g.node('Cast', [t.name], { to: 7 }),
};
