import { axisOf, like, listAt, need, numberOf, product, tensor, valuesOf } from './value.ts';
import type { Notes, Rule, Rules, ShapeNode, Shaped, Value } from './value.ts';

/** Notes a computation along these axes together. It couples rows that lie along one of them. */
function along(x: Shaped, axes: readonly number[], { cost, couple }: Notes): void {
  cost(product(x.shape));
  if (typeof x.batch === 'number' && axes.includes(x.batch)) couple();
}

function reduced(x: Shaped, axes: readonly number[], keeps: boolean, notes: Notes): Value {
  along(x, axes, notes);
  if (product(x.shape) === 0) throw new RangeError('of no values ONNX Runtime keeps other shapes');
  const shape = x.shape.flatMap((size, axis) =>
    axes.includes(axis) ? (keeps ? [1] : []) : [size],
  );
  const { batch } = x;
  if (typeof batch !== 'number') return tensor(shape, batch);
  if (axes.includes(batch)) return tensor(shape, 'unknown');
  return tensor(shape, keeps ? batch : batch - axes.filter((axis) => axis < batch).length);
}

const reduce: Rule = (node, [input, list], notes) => {
  const x = need(input);
  const axes = (listAt(node, 'axes', list) ?? []).map((axis) => axisOf(axis, x.shape.length));
  if (axes.length === 0 && numberOf(node, 'noop_with_empty_axes', 0) === 1) return [like(x)];
  return [
    reduced(
      x,
      axes.length > 0 ? axes : x.shape.map((_, axis) => axis),
      numberOf(node, 'keepdims', 1) === 1,
      notes,
    ),
  ];
};

const argument: Rule = (node, [input], notes) => {
  const x = need(input);
  return [
    reduced(
      x,
      [axisOf(numberOf(node, 'axis', 0), x.shape.length)],
      numberOf(node, 'keepdims', 1) === 1,
      notes,
    ),
  ];
};

/** Before operator set 13, Softmax took all axes from `axis` on together. */
const softmax: Rule = (node, [input], notes) => {
  const x = need(input);
  const rank = x.shape.length;
  const axis = axisOf(numberOf(node, 'axis', node.opset < 13 ? 1 : -1), rank);
  along(x, node.opset < 13 ? x.shape.map((_, i) => i).slice(axis) : [axis], notes);
  return [like(x)];
};

const topK: Rule = (node, [input, count], notes) => {
  const x = need(input);
  const axis = axisOf(numberOf(node, 'axis', -1), x.shape.length);
  along(x, [axis], notes);
  const k = count ? valuesOf(count)[0] : numberOf(node, 'k', NaN);
  const result = tensor(x.shape.with(axis, k as number), x.batch);
  return [result, result];
};

const cumulative: Rule = (_node, [input, axis], notes) => {
  const x = need(input);
  along(x, [axisOf(valuesOf(need(axis))[0] as number, x.shape.length)], notes);
  return [like(x)];
};

/** Layer normalisation takes all axes from `axis` on together. */
const fromAxis: Rule = (node, [input], notes) => {
  const x = need(input);
  const first = axisOf(numberOf(node, 'axis', -1), x.shape.length);
  along(x, x.shape.map((_, axis) => axis).slice(first), notes);
  const statistics = tensor(
    x.shape.map((size, axis) => (axis < first ? size : 1)),
    x.batch,
  );
  return [like(x), statistics, statistics];
};

/** In training, batch normalisation uses the mean of the batch. */
const batchNormalization: Rule = (node, [input], notes) => {
  const x = need(input);
  const isTraining =
    numberOf(node, 'training_mode', 0) === 1 ||
    (node.opset < 7 && numberOf(node, 'is_test', 0) === 0);
  along(x, isTraining ? x.shape.map((_, axis) => axis) : [1], notes);
  return [like(x)];
};

/** Instance normalisation uses statistics of each image. */
const instance: Rule = (_node, [input], notes) => {
  const x = need(input);
  along(x, x.shape.map((_, axis) => axis).slice(1), notes);
  return [like(x)];
};

const oneAxis =
  (fallback: number): Rule =>
  (node: ShapeNode, [input], notes) => {
    const x = need(input);
    along(x, [axisOf(numberOf(node, 'axis', fallback), x.shape.length)], notes);
    return [like(x)];
  };

const meanVariance: Rule = (node, [input], notes) => {
  const x = need(input);
  along(
    x,
    (listAt(node, 'axes', undefined) ?? [0, 2, 3]).map((axis) => axisOf(axis, x.shape.length)),
    notes,
  );
  return [like(x)];
};

const REDUCTIONS = 'L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare'.split(' ');

export const REDUCE: Rules = {
  ...Object.fromEntries(REDUCTIONS.map((name) => [`Reduce${name}`, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  TopK: topK,
  CumSum: cumulative,
  LayerNormalization: fromAxis,
  RMSNormalization: fromAxis,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instance,
  GroupNormalization: instance,
  LRN: oneAxis(1),
  LpNormalization: oneAxis(-1),
  MeanVarianceNormalization: meanVariance,
};
