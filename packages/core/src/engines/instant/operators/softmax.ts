import type { Tensor } from '../../../tensor.ts';
import { attribute } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import { allocate, positive, sizeOf, valuesOf } from '../tensors.ts';
import type { Values } from '../tensors.ts';

/**
 * Works on one line of values along an axis. The line has `length` values in `from` and `to`, which
 * begin at `start` and are `step` apart.
 */
export type Line = (from: Values, to: Values, start: number, step: number, length: number) => void;

/** Makes operators such as Softmax. Before opset 13, all axes from `axis` on form one line. */
export function alongAxis(line: Line): Operator {
  return (node) => {
    const isOld = node.opset < 13;
    const axisGiven = attribute(node, 'axis', isOld ? 1 : -1);
    return ([data]) => {
      const x = data as Tensor;
      const axis = positive(axisGiven, x.shape.length);
      const length = isOld ? sizeOf(x.shape.slice(axis)) : (x.shape[axis] ?? 1);
      const step = isOld ? 1 : sizeOf(x.shape.slice(axis + 1));
      const result = allocate(x.dtype, x.shape);
      const [from, to] = [valuesOf(x), valuesOf(result)];
      for (let i = 0; i < from.length / (length || 1); i += 1)
        line(from, to, Math.floor(i / step) * step * length + (i % step), step, length);
      return result;
    };
  };
}

export function largest(from: Values, start: number, step: number, length: number): number {
  let most = -Infinity;
  for (let i = 0; i < length; i += 1) most = Math.max(most, from[start + i * step] as number);
  return most;
}

const softmax: Line = (from, to, start, step, length) => {
  const most = largest(from, start, step, length);
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += Math.exp((from[start + i * step] as number) - most);
  for (let i = 0; i < length; i += 1)
    to[start + i * step] = Math.exp((from[start + i * step] as number) - most) / sum;
};

export const SOFTMAX: Operators = { Softmax: alongAxis(softmax) };
