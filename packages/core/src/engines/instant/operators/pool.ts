import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Kernel, Operator, Operators } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, sizeOf, valuesOf } from '../tensors.ts';
import { asPlane, requireFloat, requirePlane, windowOf } from './window.ts';

/**
 * Makes a kernel that folds the values under each window.
 * @param take adds one value to the result of a window
 * @param finish gets the result, the number of places in the window, and the number of those that
 *   are inside the input
 */
function pool(
  node: GraphNode,
  start: number,
  take: (sum: number, value: number) => number,
  finish: (sum: number, places: number, real: number) => number,
): Kernel {
  const kernel = attribute(node, 'kernel_shape', [] as readonly number[]);
  const isDilated = attribute(node, 'dilations', [] as readonly number[]).some(
    (step) => step !== 1,
  );
  if (isDilated && attribute(node, 'auto_pad', '').startsWith('SAME'))
    throw unsupported(node, 'with dilations and automatic padding');
  return ([data]) => {
    const x = data as Tensor;
    requireFloat(node, x);
    requirePlane(node, x);
    const window = windowOf(node, x.shape.slice(2), kernel);
    const [height, width] = asPlane(x.shape.slice(2), 1);
    const [outHeight, outWidth] = asPlane(window.out, 1);
    const [kernelHeight, kernelWidth] = asPlane(kernel, 1);
    const [strideY, strideX] = asPlane(window.strides, 1);
    const [dilationY, dilationX] = asPlane(window.dilations, 1);
    const [padY, padX] = asPlane(window.pads, 0);
    const [afterY, afterX] = asPlane(window.padsAfter, 0);
    const result = allocate(x.dtype, [...x.shape.slice(0, 2), ...window.out]);
    const [from, to] = [valuesOf(x), valuesOf(result)];
    const planes = sizeOf(x.shape.slice(0, 2));
    for (let plane = 0, at = 0; plane < planes; plane += 1) {
      for (let oy = 0; oy < outHeight; oy += 1) {
        for (let ox = 0; ox < outWidth; ox += 1, at += 1) {
          let [sum, places, real] = [start, 0, 0];
          for (let ky = 0; ky < kernelHeight; ky += 1) {
            const y = oy * strideY + ky * dilationY - padY;
            if (y >= height + afterY) break;
            for (let kx = 0; kx < kernelWidth; kx += 1) {
              const place = ox * strideX + kx * dilationX - padX;
              if (place >= width + afterX) break;
              places += 1;
              if (y < 0 || y >= height || place < 0 || place >= width) continue;
              real += 1;
              sum = take(sum, from[(plane * height + y) * width + place] as number);
            }
          }
          to[at] = finish(sum, places, real);
        }
      }
    }
    return result;
  };
}

const maxPool: Operator = (node) => {
  if (node.outputs.length > 1) throw unsupported(node, 'with indices');
  return pool(
    node,
    -Infinity,
    (most, value) => (value > most || value !== value ? value : most),
    (most) => most,
  );
};

const averagePool: Operator = (node) => {
  const countsPads = attribute(node, 'count_include_pad', 0) !== 0;
  return pool(
    node,
    0,
    (sum, value) => sum + value,
    (sum, places, real) => sum / (countsPads ? places : real),
  );
};

function globalPool(
  start: number,
  take: (sum: number, value: number) => number,
  finish: (sum: number, count: number) => number,
): Operator {
  return () =>
    ([data]) => {
      const x = data as Tensor;
      const result = allocate(
        x.dtype,
        x.shape.map((size, axis) => (axis < 2 ? size : 1)),
      );
      const [from, to] = [valuesOf(x), valuesOf(result)];
      const plane = sizeOf(x.shape.slice(2));
      for (let i = 0; i < to.length; i += 1) {
        let sum = start;
        for (let j = i * plane; j < (i + 1) * plane; j += 1) sum = take(sum, from[j] as number);
        to[i] = finish(sum, plane);
      }
      return result;
    };
}

export const POOL: Operators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool(
    0,
    (sum, value) => sum + value,
    (sum, count) => sum / count,
  ),
  GlobalMaxPool: globalPool(
    -Infinity,
    (most, value) => (value > most ? value : most),
    (most) => most,
  ),
};
