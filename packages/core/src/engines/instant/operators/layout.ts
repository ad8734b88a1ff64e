import { PerigeeError } from '../../../error.ts';
import type { Tensor } from '../../../tensor.ts';
import { attribute, listOf, unsupported, wholeOf } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, numbersOf, positive, sizeOf, valuesOf, walk, withShape } from '../tensors.ts';

export const given = (tensor: Tensor | undefined): Tensor => tensor as Tensor;

const reshape: Operator =
  (node) =>
  ([data, shape]) => {
    const x = given(data);
    const keepsZero = attribute(node, 'allowzero', 0) === 1;
    const wanted = [...(listOf(node, 'shape', shape) ?? [])].map((size, axis) =>
      size === 0 && !keepsZero ? (x.shape[axis] ?? 0) : size,
    );
    const free = wanted.indexOf(-1);
    if (free >= 0 && keepsZero && wanted.includes(0))
      throw unsupported(node, 'with a free dimension beside one of zero');
    if (free >= 0) {
      wanted[free] = 1;
      wanted[free] = x.data.length / (sizeOf(wanted) || 1);
    }
    if (sizeOf(wanted) !== x.data.length || !wanted.every(Number.isInteger))
      throw new PerigeeError(
        'INFERENCE_FAILED',
        `A tensor of the shape [${x.shape.join(', ')}] cannot be reshaped to ` +
          `[${wanted.join(', ')}].`,
      );
    return withShape(x, wanted);
  };

const flatten: Operator =
  (node) =>
  ([data]) => {
    const x = given(data);
    const axis = positive(attribute(node, 'axis', 1), x.shape.length);
    return withShape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
  };

const squeeze: Operator =
  (node) =>
  ([data, axes]) => {
    const x = given(data);
    const list = (listOf(node, 'axes', axes) ?? []).map((axis) => positive(axis, x.shape.length));
    return withShape(
      x,
      x.shape.filter((size, axis) => (list.length > 0 ? !list.includes(axis) : size !== 1)),
    );
  };

const unsqueeze: Operator =
  (node) =>
  ([data, axes]) => {
    const x = given(data);
    const list = listOf(node, 'axes', axes) ?? [];
    const rank = x.shape.length + list.length;
    const added = new Set(list.map((axis) => positive(axis, rank)));
    const sizes = [...x.shape];
    return withShape(
      x,
      Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (sizes.shift() ?? 1))),
    );
  };

/** Copies values of `x` at the given strides to a new tensor. */
export function gatherStrided(
  x: Tensor,
  shape: readonly number[],
  strides: readonly number[],
  start = 0,
): Tensor {
  const result = allocate(x.dtype, shape);
  const [from, to] = [valuesOf(x), valuesOf(result)];
  walk(shape, [strides], (i, [offset]) => (to[i] = from[start + (offset as number)] as number));
  return result;
}

/** Row-major strides of all dimensions, including those of size 1. */
export function fullStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

const transpose: Operator =
  (node) =>
  ([data]) => {
    const x = given(data);
    const order = attribute(
      node,
      'perm',
      x.shape.map((_, axis) => x.shape.length - 1 - axis) as readonly number[],
    );
    const strides = fullStrides(x.shape);
    return gatherStrided(
      x,
      order.map((axis) => x.shape[axis] as number),
      order.map((axis) => strides[axis] as number),
    );
  };

/** The operator Concat. It copies blocks of the dimensions from the axis on. */
const concat: Operator = (node) => (inputs) => {
  const parts = inputs as readonly Tensor[];
  const [first] = parts as readonly [Tensor];
  const axis = positive(attribute(node, 'axis', 1), first.shape.length);
  const shape = first.shape.map((size, i) =>
    i === axis ? parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0) : size,
  );
  const result = allocate(first.dtype, shape);
  const to = valuesOf(result);
  const outer = sizeOf(shape.slice(0, axis));
  let at = 0;
  for (let i = 0; i < outer; i += 1) {
    for (const part of parts) {
      const from = valuesOf(part);
      const block = sizeOf(part.shape.slice(axis));
      for (let j = 0; j < block; j += 1) to[at + j] = from[i * block + j] as number;
      at += block;
    }
  }
  return result;
};

const gather: Operator =
  (node) =>
  ([data, indexes]) => {
    const [x, index] = [given(data), given(indexes)];
    const axis = positive(attribute(node, 'axis', 0), x.shape.length);
    const size = x.shape[axis] ?? 0;
    const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
    const picks = numbersOf(index).map((at) => {
      const own = positive(at, size);
      if (!(own >= 0 && own < size))
        throw new PerigeeError(
          'INFERENCE_FAILED',
          `The model looks up index ${at} in a dimension of ${size}.`,
        );
      return own;
    });
    const result = allocate(x.dtype, [
      ...x.shape.slice(0, axis),
      ...index.shape,
      ...x.shape.slice(axis + 1),
    ]);
    const [from, to] = [valuesOf(x), valuesOf(result)];
    let at = 0;
    for (let i = 0; i < outer; i += 1) {
      for (const pick of picks) {
        for (let j = 0, start = (i * size + pick) * inner; j < inner; j += 1)
          to[at++] = from[start + j] as number;
      }
    }
    return result;
  };

const constant: Operator = (node) => {
  const [name, value] = [...node.attributes][0] ?? ['', undefined];
  let result: Tensor;
  if (name === 'value') result = value as Tensor;
  else if (name === 'value_float' || name === 'value_floats')
    result = {
      dtype: 'float32',
      shape: Array.isArray(value) ? [value.length] : [],
      data: Float32Array.from([value].flat() as number[]),
    };
  else if (name === 'value_int' || name === 'value_ints')
    result = {
      dtype: 'int64',
      shape: Array.isArray(value) ? [value.length] : [],
      data: BigInt64Array.from(wholeOf(node, name)),
    };
  else throw unsupported(node, `with "${name}"`);
  return () => result;
};

const identity: Operator =
  () =>
  ([x]) =>
    given(x);

/** Dropout's second output, the mask, is all true when nothing is dropped. */
const dropout: Operator =
  (node: GraphNode) =>
  ([data]) => {
    const x = given(data);
    const mask = allocate('bool', x.shape);
    valuesOf(mask).fill(1);
    return node.outputs.length > 1 ? [x, mask] : x;
  };

export const LAYOUT: Operators = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Gather: gather,
  Constant: constant,
  Identity: identity,
  Dropout: dropout,
};
