import type { Dtype } from '@perigee/registry';
import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { dtypeOf } from '../read-tensor.ts';
import { allocate, broadcastShape, stridesOf, valuesOf, walk } from '../tensors.ts';

/** The engine is generic over numbers and BigInts: JavaScript's operators are the same for both. */
export type Unary = (x: number) => number;
export type Binary = (a: number, b: number) => number;

export function unary(make: (node: GraphNode) => Unary): Operator {
  return (node) => {
    const f = make(node);
    return ([x]) => map(x as Tensor, f);
  };
}

export function map(x: Tensor, f: Unary, dtype: Dtype = x.dtype): Tensor {
  const result = allocate(dtype, x.shape);
  const [from, to] = [valuesOf(x), valuesOf(result)];
  for (let i = 0; i < from.length; i += 1) to[i] = f(from[i] as number);
  return result;
}

/**
 * Makes an operator that combines its inputs from left to right.
 * @param dtype the dtype of the result; default: that of the inputs
 */
export function binary(f: Binary, dtype?: Dtype): Operator {
  return () => (inputs) =>
    inputs
      .slice(1)
      .reduce((a, b) => combine(a as Tensor, b as Tensor, f, dtype), inputs[0] as Tensor) as Tensor;
}

export function combine(a: Tensor, b: Tensor, f: Binary, dtype: Dtype = a.dtype): Tensor {
  const shape = broadcastShape(a.shape, b.shape);
  const result = allocate(dtype, shape);
  const [x, y, z] = [valuesOf(a), valuesOf(b), valuesOf(result)];
  if (x.length === z.length && z.length % (y.length || 1) === 0 && endsWith(shape, b.shape)) {
    // The second input has the shape of the first, or repeats along its last dimensions.
    for (let i = 0, j = 0; i < z.length; i += 1) {
      z[i] = f(x[i] as number, y[j] as number);
      j = j + 1 === y.length ? 0 : j + 1;
    }
  } else
    walk(
      shape,
      [stridesOf(a.shape, shape.length), stridesOf(b.shape, shape.length)],
      (i, [p, q]) => (z[i] = f(x[p as number] as number, y[q as number] as number)),
    );
  return result;
}

function endsWith(shape: readonly number[], end: readonly number[]): boolean {
  return end.every((size, i) => size === shape[shape.length - end.length + i]);
}

const MOST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;
const sigmoid: Unary = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
export const plain = (f: Unary): Operator => unary(() => f);
export const bit = (x: boolean): number => (x ? 1 : 0);

/** Whether a value is a BigInt. JavaScript does not mix BigInts with numbers such as 0 and 1. */
export const isBig = (x: unknown): x is bigint => typeof x === 'bigint';
const abs: Unary = (x) => (isBig(x) ? ((x < 0n ? -x : x) as never) : Math.abs(x));
const divide: Binary = (a, b) => (isBig(b) && b === 0n ? (0n as never) : a / b);
/** Default bounds of Clip, as in ONNX Runtime: infinities become finite. */
const FINITE: Readonly<Partial<Record<Dtype, readonly [least: number, most: number]>>> = {
  float32: [-MOST_FLOAT32, MOST_FLOAT32],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
};
const clip: Operator =
  (node) =>
  ([x, low, high]) => {
    const [least, most] = FINITE[(x as Tensor).dtype] ?? [];
    const lowest = low
      ? valuesOf(low)[0]
      : ((node.attributes.get('min') as number | undefined) ?? least);
    const highest = high
      ? valuesOf(high)[0]
      : ((node.attributes.get('max') as number | undefined) ?? most);
    return map(x as Tensor, (value) => {
      const above = lowest !== undefined && value < lowest ? lowest : value;
      return highest !== undefined && above > highest ? highest : above;
    });
  };

/** Makes the function for Cast. Typed arrays wrap integers that do not fit, as C++ does. */
function conversion(from: Dtype, to: Dtype): Unary {
  // NaN becomes true.
  if (to === 'bool') return (value) => bit(isBig(value) ? value !== 0n : value !== 0);
  if (to === 'int64')
    return (value) => BigInt(Math.trunc(Number.isFinite(value) ? value : 0)) as never;
  if (from === 'int64' && !to.startsWith('float'))
    return (value) => Number(BigInt.asIntN(32, value as never));
  return Number;
}

const cast: Operator = (node) => {
  const dtype = dtypeOf(attribute(node, 'to', 0));
  return ([input]) => {
    const x = input as Tensor;
    if (x.dtype === dtype) return x;
    if (dtype === 'string' || x.dtype === 'string') throw unsupported(node, 'for strings');
    return map(x, conversion(x.dtype, dtype), dtype);
  };
};

/** The operator Mul. Products of int32 may exceed the 53 bits of a number, so use Math.imul. */
const multiply: Operator = () => (inputs) => {
  const f: Binary = inputs[0]?.dtype === 'int32' ? Math.imul : (a, b) => a * b;
  return inputs
    .slice(1)
    .reduce((a, b) => combine(a as Tensor, b as Tensor, f), inputs[0]) as Tensor;
};

/** Makes an operator that folds any number of inputs, such as a sum. */
export const fold = (f: Binary): Operator => binary(f);
const pow: Operator =
  () =>
  ([a, b]): Tensor =>
    combine(a as Tensor, b as Tensor, (x, y) =>
      isBig(x) ? (wholePower(x, y) as never) : power(x, Number(y)),
    );

/** Follows pow() of C: 1 to any power is 1, even to NaN, and −1 to an infinity is 1. */
const power: Binary = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

const LEAST_INT64 = -(2n ** 63n);

/** The exact power. The least int64 if it does not fit, as a conversion in C++ gives. */
function wholePower(base: bigint, exponent: number | bigint): bigint {
  if (!isBig(exponent) || exponent < 0n || exponent > 63n) {
    const power = Math.trunc(Number(base) ** Number(exponent));
    return Math.abs(power) < 2 ** 63 ? BigInt(power) : LEAST_INT64;
  }
  const power = base ** exponent;
  return BigInt.asIntN(64, power) === power ? power : LEAST_INT64;
}

export const ELEMENTWISE: Operators = {
  Add: fold((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: multiply,
  Div: binary(divide),
  Pow: pow,
  Min: fold((a, b) => (a < b || a !== a ? a : b)),
  Max: fold((a, b) => (a > b || a !== a ? a : b)),
  Neg: plain((x) => -x),
  Abs: plain(abs),
  Sqrt: plain(Math.sqrt),
  Exp: plain(Math.exp),
  Log: plain(Math.log),
  Reciprocal: plain((x) => 1 / x),
  Relu: plain((x) => (x < 0 ? (isBig(x) ? (0n as never) : 0) : x)),
  Sigmoid: plain(sigmoid),
  Tanh: plain(Math.tanh),
  LeakyRelu: unary((node) => {
    const alpha = attribute(node, 'alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  }),
  Elu: unary((node) => {
    const alpha = attribute(node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  }),
  Clip: clip,
  Cast: cast,
};
