import type { Tensor } from '../../../tensor.ts';
import { attribute, listOf, unsupported } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import {
  allocate,
  broadcastShape,
  numbersOf,
  positive,
  stridesOf,
  valuesOf,
  withShape,
} from '../tensors.ts';
import { fullStrides, gatherStrided, given } from './layout.ts';

const expand: Operator =
  () =>
  ([data, sizes]) => {
    const x = given(data);
    const shape = broadcastShape(x.shape, numbersOf(given(sizes)));
    return gatherStrided(x, shape, stridesOf(x.shape, shape.length));
  };

const tile: Operator =
  () =>
  ([data, repeats]) => {
    const x = given(data);
    const times = numbersOf(given(repeats));
    // Each dimension becomes two: the number of repeats (stride 0), and the dimension itself.
    const shape = x.shape.flatMap((size, axis) => [times[axis] ?? 1, size]);
    const strides = fullStrides(x.shape).flatMap((step) => [0, step]);
    return withShape(
      gatherStrided(x, shape, strides),
      x.shape.map((size, axis) => size * (times[axis] ?? 1)),
    );
  };

const slice: Operator =
  (node) =>
  ([data, starts, ends, axesInput, stepsInput]) => {
    const x = given(data);
    const from = listOf(node, 'starts', starts) ?? [];
    const to = listOf(node, 'ends', ends) ?? [];
    const axes = listOf(node, 'axes', axesInput) ?? from.map((_, axis) => axis);
    const steps = stepsInput ? numbersOf(stepsInput) : from.map(() => 1);
    const shape = [...x.shape];
    const strides = fullStrides(x.shape);
    let start = 0;
    for (const [i, given] of axes.entries()) {
      const axis = positive(given, shape.length);
      const size = x.shape[axis] ?? 0;
      const step = steps[i] ?? 1;
      const clamp = (value: number, low: number, high: number): number =>
        Math.max(low, Math.min(high, value < 0 ? value + size : value));
      const first = clamp(from[i] ?? 0, 0, step < 0 ? size - 1 : size);
      const end = to[i] ?? 0;
      // ONNX Runtime reads the largest number as "to the end". Going backward, the end lies before
      // the first element.
      const last =
        step < 0 && (end === 2 ** 31 - 1 || end === 2 ** 63)
          ? -1
          : clamp(end, step < 0 ? -1 : 0, size);
      shape[axis] = size === 0 ? 0 : Math.max(0, Math.ceil((last - first) / step));
      start += first * (strides[axis] as number);
      strides[axis] = step * (strides[axis] as number);
    }
    return gatherStrided(x, shape, strides, start);
  };

const split: Operator =
  (node) =>
  ([data, sizesInput]) => {
    const x = given(data);
    const axis = positive(attribute(node, 'axis', 0), x.shape.length);
    const size = x.shape[axis] ?? 0;
    const count = node.outputs.length;
    const even = Math.ceil(size / count);
    const sizes =
      listOf(node, 'split', sizesInput) ??
      node.outputs.map((_, i) => Math.min(even, size - i * even));
    const strides = fullStrides(x.shape);
    let start = 0;
    return sizes.map((length) => {
      const part = gatherStrided(
        x,
        x.shape.map((own, i) => (i === axis ? length : own)),
        strides,
        start * (strides[axis] as number),
      );
      start += length;
      return part;
    });
  };

const shapeOf: Operator =
  (node) =>
  ([data]) => {
    const { shape } = given(data);
    const part = shape.slice(
      attribute(node, 'start', 0),
      node.attributes.has('end') ? attribute(node, 'end', 0) : undefined,
    );
    return { dtype: 'int64', shape: [part.length], data: BigInt64Array.from(part, BigInt) };
  };

const constantOfShape: Operator =
  (node) =>
  ([shape]) => {
    const value = node.attributes.get('value') as Tensor | undefined;
    const result = allocate(value?.dtype ?? 'float32', numbersOf(given(shape)));
    if (value) valuesOf(result).fill(valuesOf(value)[0] as number);
    return result;
  };

const pad: Operator = (node) => {
  if (attribute(node, 'mode', 'constant') !== 'constant')
    throw unsupported(node, `in mode "${attribute(node, 'mode', '')}"`);
  return ([data, padsInput, valueInput, axesInput]) => {
    const x = given(data);
    const rank = x.shape.length;
    const pads = listOf(node, 'pads', padsInput) ?? [];
    const axes = axesInput
      ? numbersOf(axesInput).map((axis) => positive(axis, rank))
      : x.shape.map((_, axis) => axis);
    const before = x.shape.map(() => 0);
    const shape = [...x.shape];
    for (const [i, axis] of axes.entries()) {
      before[axis] = pads[i] ?? 0;
      shape[axis] = (shape[axis] as number) + (pads[i] ?? 0) + (pads[i + axes.length] ?? 0);
    }
    // Negative padding removes elements.
    const result = allocate(x.dtype, shape);
    const to = valuesOf(result);
    const from = valuesOf(x);
    const fill = valueInput ? valuesOf(valueInput)[0] : node.attributes.get('value');
    if (fill !== undefined) to.fill(fill as number);
    const target = fullStrides(shape);
    const at = x.shape.map(() => 0);
    for (let i = 0; i < from.length; i += 1) {
      let offset = 0;
      let inside = true;
      for (let axis = 0; axis < rank; axis += 1) {
        const place = (at[axis] as number) + (before[axis] as number);
        inside &&= place >= 0 && place < (shape[axis] as number);
        offset += place * (target[axis] as number);
      }
      if (inside) to[offset] = from[i] as number;
      for (
        let axis = rank - 1;
        axis >= 0 && (at[axis] = (at[axis] as number) + 1) === x.shape[axis];
        axis -= 1
      )
        at[axis] = 0;
    }
    return result;
  };
};

/** Layout operators that few small models have. */
export const MORE_LAYOUT: Operators = {
  Expand: expand,
  Tile: tile,
  Slice: slice,
  Split: split,
  Shape: shapeOf,
  ConstantOfShape: constantOfShape,
  Pad: pad,
};
