import type { Tensor } from '../../../tensor.ts';
import { attribute, listOf, unsupported } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, numbersOf, positive, sizeOf, stridesOf, valuesOf, walk } from '../tensors.ts';
import type { Values } from '../tensors.ts';
import { alongAxis, largest } from './softmax.ts';
import type { Line } from './softmax.ts';

const logSoftmax: Line = (from, to, start, step, length) => {
  const most = largest(from, start, step, length);
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += Math.exp((from[start + i * step] as number) - most);
  for (let i = 0; i < length; i += 1)
    to[start + i * step] = (from[start + i * step] as number) - most - Math.log(sum);
};

const hardmax: Line = (from, to, start, step, length) => {
  const most = largest(from, start, step, length);
  for (let i = 0; i < length; i += 1) {
    if (from[start + i * step] !== most) continue;
    to[start + i * step] = 1;
    return;
  }
};

interface Fold {
  readonly start: number;
  take(sum: number, value: number): number;
  finish(sum: number, count: number): number;
  readonly isExact?: boolean;
}

/** @param isExact whether integers give integers; otherwise integer inputs are refused */
function reduce({ start, take, finish, isExact = true }: Fold): Operator {
  return (node: GraphNode) => {
    const keeps = attribute(node, 'keepdims', 1) === 1;
    const isNoop = attribute(node, 'noop_with_empty_axes', 0) === 1;
    return ([data, axesInput]) => {
      const x = data as Tensor;
      const rank = x.shape.length;
      const given = listOf(node, 'axes', axesInput) ?? [];
      if (x.data.length === 0) throw unsupported(node, 'for an empty tensor');
      if (x.dtype.startsWith('int') && !isExact) throw unsupported(node, `for ${x.dtype}`);
      const isAll = given.length === 0 && !isNoop;
      const axes = new Set(
        isAll ? x.shape.map((_, axis) => axis) : given.map((axis) => positive(axis, rank)),
      );
      const kept = x.shape.map((size, axis) => (axes.has(axis) ? 1 : size));
      const result = allocate(x.dtype, keeps ? kept : x.shape.filter((_, axis) => !axes.has(axis)));
      const [from, to] = [valuesOf(x), valuesOf(result)];
      // Sums of float32 values are accumulated in float64.
      const big = x.dtype === 'int64';
      const sums = big
        ? to.fill(BigInt(Number.isFinite(start) ? start : 0) as never)
        : (new Float64Array(to.length).fill(start) as unknown as Values);
      const first = big && !Number.isFinite(start) ? new Set<number>() : null;
      walk(x.shape, [stridesOf(kept)], (i, [at]) => {
        const k = at as number;
        if (first && !first.has(k)) {
          first.add(k);
          sums[k] = from[i] as number;
        } else sums[k] = take(sums[k] as number, from[i] as number);
      });
      const count = from.length / (to.length || 1);
      for (let i = 0; i < to.length; i += 1)
        to[i] =
          big && finish !== keep
            ? (finish(sums[i] as number, BigInt(count) as never) as number)
            : finish(sums[i] as number, count);
      return result;
    };
  };
}

const keep = (sum: number): number => sum;

function argOf(isBetter: (value: number, best: number) => boolean): Operator {
  return (node) => {
    const keeps = attribute(node, 'keepdims', 1) === 1;
    const takesLast = attribute(node, 'select_last_index', 0) !== 0;
    return ([data]) => {
      const x = data as Tensor;
      if (x.data.length === 0) throw unsupported(node, 'for an empty tensor');
      const axis = positive(attribute(node, 'axis', 0), x.shape.length);
      const length = x.shape[axis] ?? 1;
      const step = sizeOf(x.shape.slice(axis + 1));
      const result = allocate(
        'int64',
        keeps
          ? x.shape.map((size, i) => (i === axis ? 1 : size))
          : x.shape.filter((_, i) => i !== axis),
      );
      const [from, to] = [valuesOf(x), result.data as BigInt64Array];
      for (let i = 0; i < to.length; i += 1) {
        const start = Math.floor(i / step) * step * length + (i % step);
        let best = 0;
        for (let j = 1; j < length; j += 1) {
          const [value, known] = [
            from[start + j * step] as number,
            from[start + best * step] as number,
          ];
          if (isBetter(value, known) || (takesLast && value === known)) best = j;
        }
        to[i] = BigInt(best);
      }
      return result;
    };
  };
}

const topK: Operator =
  (node) =>
  ([data, count]) => {
    const x = data as Tensor;
    const k = count ? (numbersOf(count)[0] ?? 0) : attribute(node, 'k', 0);
    const axis = positive(attribute(node, 'axis', -1), x.shape.length);
    const direction = attribute(node, 'largest', 1) !== 0 ? -1 : 1;
    const length = x.shape[axis] ?? 1;
    const step = sizeOf(x.shape.slice(axis + 1));
    const shape = x.shape.map((size, i) => (i === axis ? k : size));
    const [values, indexes] = [allocate(x.dtype, shape), allocate('int64', shape)];
    const [from, to, at] = [valuesOf(x), valuesOf(values), indexes.data as BigInt64Array];
    for (let i = 0; i < from.length / (length || 1); i += 1) {
      const [block, rest] = [Math.floor(i / step), i % step];
      const valueAt = (j: number): number =>
        from[block * step * length + rest + j * step] as number;
      const order = Array.from({ length }, (_, j) => j).sort((p, q) =>
        valueAt(p) === valueAt(q) ? p - q : valueAt(p) < valueAt(q) ? -direction : direction,
      );
      for (let j = 0; j < k; j += 1) {
        const target = block * step * k + rest + j * step;
        to[target] = valueAt(order[j] as number);
        at[target] = BigInt(order[j] as number);
      }
    }
    return [values, indexes];
  };

export const REDUCE: Operators = {
  LogSoftmax: alongAxis(logSoftmax),
  Hardmax: alongAxis(hardmax),
  ReduceSum: reduce({ start: 0, take: (sum, value) => sum + value, finish: keep }),
  ReduceProd: reduce({ start: 1, take: (sum, value) => sum * value, finish: keep }),
  ReduceMax: reduce({
    start: -Infinity,
    take: (most, value) => (value > most || value !== value ? value : most),
    finish: keep,
  }),
  ReduceMin: reduce({
    start: Infinity,
    take: (least, value) => (value < least || value !== value ? value : least),
    finish: keep,
  }),
  ReduceMean: reduce({
    start: 0,
    take: (sum, value) => sum + value,
    finish: (sum, count) => sum / count,
  }),
  ReduceSumSquare: reduce({ start: 0, take: (sum, value) => sum + value * value, finish: keep }),
  ReduceL2: reduce({
    start: 0,
    take: (sum, value) => sum + value * value,
    finish: (sum) => Math.sqrt(sum),
    isExact: false,
  }),
  ArgMax: argOf((value, best) => value > best),
  ArgMin: argOf((value, best) => value < best),
  TopK: topK,
};
