import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before each spatial dimension. */
  readonly pads: readonly number[];
  readonly padsAfter: readonly number[];
  readonly out: readonly number[];
}

/** The positions of a window that moves over one or two spatial dimensions. */
export function windowOf(
  node: GraphNode,
  sizes: readonly number[],
  kernel: readonly number[],
): Window {
  const ones = sizes.map(() => 1);
  const strides = attribute(node, 'strides', ones as readonly number[]);
  const dilations = attribute(node, 'dilations', ones as readonly number[]);
  const given = attribute(node, 'pads', [...sizes, ...sizes].map(() => 0) as readonly number[]);
  const auto = attribute(node, 'auto_pad', 'NOTSET');
  const ceil = attribute(node, 'ceil_mode', 0) !== 0;
  const pads: number[] = [];
  const padsAfter: number[] = [];
  const out = sizes.map((size, i) => {
    const [stride, reach] = [strides[i] ?? 1, ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1];
    if (auto.startsWith('SAME')) {
      const length = Math.ceil(size / stride);
      const missing = (length - 1) * stride + reach - size;
      // In this case the pools of ONNX Runtime start inside the image, which is not in the
      // specification.
      if (missing < 0 && node.op !== 'Conv')
        throw unsupported(node, 'with automatic padding and strides longer than its window');
      const total = Math.max(0, missing);
      pads[i] = auto === 'SAME_LOWER' ? Math.ceil(total / 2) : Math.floor(total / 2);
      padsAfter[i] = total - pads[i];
      return length;
    }
    pads[i] = auto === 'VALID' ? 0 : (given[i] ?? 0);
    padsAfter[i] = auto === 'VALID' ? 0 : (given[i + sizes.length] ?? 0);
    if (size + pads[i] + padsAfter[i] < reach)
      throw unsupported(node, 'with a window larger than what it moves over');
    const steps = (size + pads[i] + padsAfter[i] - reach) / stride;
    const length = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // With ceil_mode, the last window must begin inside the input or the padding before it.
    return ceil && (length - 1) * stride >= size + pads[i] ? length - 1 : length;
  });
  return { kernel, strides, dilations, pads, padsAfter, out };
}

/** Values for two spatial dimensions. A single dimension gets `one` as its height. */
export function asPlane<T>(list: readonly T[], one: T): [T, T] {
  return list.length === 1 ? [one, list[0] as T] : (list as unknown as [T, T]);
}

export function requireFloat(node: GraphNode, { dtype }: Tensor): void {
  if (dtype !== 'float32' && dtype !== 'float64') throw unsupported(node, `for ${dtype}`);
}

export function requirePlane(node: GraphNode, { shape }: Tensor): void {
  if (shape.length !== 3 && shape.length !== 4)
    throw unsupported(node, `in ${shape.length - 2} dimensions`);
}
