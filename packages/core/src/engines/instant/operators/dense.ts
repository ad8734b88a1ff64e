import { PerigeeError } from '../../../error.ts';
import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import {
  allocate,
  broadcastShape,
  sizeOf,
  stridesOf,
  valuesOf,
  walk,
  withShape,
} from '../tensors.ts';
import type { Values } from '../tensors.ts';
import { asPlane, requireFloat, requirePlane, windowOf } from './window.ts';

/** Computes c[m, n] = Σ a[m, k] · b[k, n]. a and b have the given offsets and strides. */
function multiply(
  a: Values,
  aAt: number,
  aRow: number,
  aColumn: number,
  b: Values,
  bAt: number,
  bRow: number,
  bColumn: number,
  c: Values,
  cAt: number,
  m: number,
  n: number,
  k: number,
): void {
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let sum = 0;
      for (
        let p = 0, x = aAt + i * aRow, y = bAt + j * bColumn;
        p < k;
        p += 1, x += aColumn, y += bRow
      )
        sum += (a[x] as number) * (b[y] as number);
      c[cAt + i * n + j] = sum;
    }
  }
}

const gemm: Operator = (node) => {
  const [alpha, beta] = [attribute(node, 'alpha', 1), attribute(node, 'beta', 1)];
  const [transA, transB] = [attribute(node, 'transA', 0) !== 0, attribute(node, 'transB', 0) !== 0];
  return ([a, b, bias]) => {
    const [x, y] = [a as Tensor, b as Tensor];
    requireFloat(node, x);
    const [m, k] = (transA ? [x.shape[1], x.shape[0]] : x.shape) as [number, number];
    const [k2, n] = (transB ? [y.shape[1], y.shape[0]] : y.shape) as [number, number];
    if (k !== k2) throw doNotFit(x, y);
    if (k === 0) throw unsupported(node, 'for an empty tensor');
    const result = allocate(x.dtype, [m, n]);
    const out = valuesOf(result);
    multiply(
      valuesOf(x),
      0,
      transA ? 1 : k,
      transA ? m : 1,
      valuesOf(y),
      0,
      transB ? 1 : n,
      transB ? k : 1,
      out,
      0,
      m,
      n,
      k,
    );
    if (alpha !== 1) for (let i = 0; i < out.length; i += 1) out[i] = (out[i] as number) * alpha;
    if (bias) {
      const added = valuesOf(bias);
      const [row, column] = stridesOf(bias.shape, 2) as [number, number];
      for (let i = 0, at = 0; i < m; i += 1)
        for (let j = 0; j < n; j += 1, at += 1)
          out[at] = (out[at] as number) + beta * (added[i * row + j * column] as number);
    }
    return result;
  };
};

const matMul: Operator =
  (node) =>
  ([a, b]) => {
    let [x, y] = [a as Tensor, b as Tensor];
    requireFloat(node, x);
    const [isRow, isColumn] = [x.shape.length === 1, y.shape.length === 1];
    if (isRow) x = withShape(x, [1, ...x.shape]);
    if (isColumn) y = withShape(y, [...y.shape, 1]);
    const [m, k] = x.shape.slice(-2) as [number, number];
    const [k2, n] = y.shape.slice(-2) as [number, number];
    if (k !== k2) throw doNotFit(x, y);
    const batch = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
    const result = allocate(x.dtype, [...batch, m, n]);
    const [p, q, r] = [valuesOf(x), valuesOf(y), valuesOf(result)];
    const steps = [
      stridesOf(x.shape.slice(0, -2), batch.length),
      stridesOf(y.shape.slice(0, -2), batch.length),
    ];
    walk(batch, steps, (i, [s, t]) =>
      multiply(
        p,
        (s as number) * m * k,
        k,
        1,
        q,
        (t as number) * k * n,
        n,
        1,
        r,
        i * m * n,
        m,
        n,
        k,
      ),
    );
    return withShape(result, [...batch, ...(isRow ? [] : [m]), ...(isColumn ? [] : [n])]);
  };

const conv: Operator = (node) => {
  const groups = attribute(node, 'group', 1);
  return ([data, weights, bias]) => {
    const [x, w] = [data as Tensor, weights as Tensor];
    requireFloat(node, x);
    requirePlane(node, x);
    const window = windowOf(node, x.shape.slice(2), w.shape.slice(2));
    const [batch, channels] = x.shape as [number, number];
    const [filters, perGroup] = w.shape as [number, number];
    if (channels !== perGroup * groups) throw doNotFit(x, w);
    const [height, width] = asPlane(x.shape.slice(2), 1);
    const [outHeight, outWidth] = asPlane(window.out, 1);
    const [kernelHeight, kernelWidth] = asPlane(window.kernel, 1);
    const [strideY, strideX] = asPlane(window.strides, 1);
    const [dilationY, dilationX] = asPlane(window.dilations, 1);
    const [padY, padX] = asPlane(window.pads, 0);
    const result = allocate(x.dtype, [batch, filters, ...window.out]);
    const [from, weight, to] = [valuesOf(x), valuesOf(w), valuesOf(result)];
    const plane = outHeight * outWidth;
    const sums = new Float64Array(plane);
    for (let n = 0; n < batch; n += 1) {
      for (let f = 0; f < filters; f += 1) {
        sums.fill(bias ? (valuesOf(bias)[f] as number) : 0);
        const group = Math.floor(f / (filters / groups));
        for (let c = 0; c < perGroup; c += 1) {
          const source = (n * channels + group * perGroup + c) * height * width;
          for (let ky = 0; ky < kernelHeight; ky += 1) {
            for (let kx = 0; kx < kernelWidth; kx += 1) {
              const factor = weight[
                ((f * perGroup + c) * kernelHeight + ky) * kernelWidth + kx
              ] as number;
              const offsetX = kx * dilationX - padX;
              const first = Math.max(0, Math.ceil(-offsetX / strideX));
              const last = Math.min(outWidth, Math.floor((width - 1 - offsetX) / strideX) + 1);
              for (let oy = 0; oy < outHeight; oy += 1) {
                const y = oy * strideY + ky * dilationY - padY;
                if (y < 0 || y >= height) continue;
                for (
                  let ox = first,
                    at = oy * outWidth + first,
                    p = source + y * width + first * strideX + offsetX;
                  ox < last;
                  ox += 1, at += 1, p += strideX
                ) {
                  sums[at] = (sums[at] as number) + factor * (from[p] as number);
                }
              }
            }
          }
        }
        (to as unknown as Float32Array).set(sums, (n * filters + f) * plane);
      }
    }
    return result;
  };
};

const batchNormalization: Operator = (node) => {
  if (attribute(node, 'training_mode', 0) !== 0 || node.outputs.length > 1)
    throw unsupported(node, 'in training');
  const epsilon = attribute(node, 'epsilon', 1e-5);
  return (inputs) => {
    const x = inputs[0] as Tensor;
    const [scale, bias, mean, variance] = inputs
      .slice(1)
      .map((tensor) => valuesOf(tensor as Tensor)) as [Values, Values, Values, Values];
    const result = allocate(x.dtype, x.shape);
    const [from, to] = [valuesOf(x), valuesOf(result)];
    const channels = x.shape[1] ?? 1;
    const plane = sizeOf(x.shape.slice(2));
    for (let i = 0, at = 0; at < from.length; i += 1) {
      const c = i % channels;
      const factor = (scale[c] as number) / Math.sqrt((variance[c] as number) + epsilon);
      for (let j = 0; j < plane; j += 1, at += 1)
        to[at] = ((from[at] as number) - (mean[c] as number)) * factor + (bias[c] as number);
    }
    return result;
  };
};

function doNotFit(a: Tensor, b: Tensor): PerigeeError {
  return new PerigeeError(
    'INFERENCE_FAILED',
    `Tensors of the shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] cannot be ` +
      'multiplied.',
  );
}

export const DENSE: Operators = {
  Gemm: gemm,
  MatMul: matMul,
  Conv: conv,
  BatchNormalization: batchNormalization,
};
