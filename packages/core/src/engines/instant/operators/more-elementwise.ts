import type { Tensor } from '../../../tensor.ts';
import { attribute } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import { allocate, broadcastShape, stridesOf, valuesOf, walk } from '../tensors.ts';
import { binary, bit, combine, fold, isBig, map, plain, unary } from './elementwise.ts';
import type { Binary, Unary } from './elementwise.ts';

/**
 * The error function by the Chebyshev fit `erfcc` of Numerical Recipes in C (2nd edition, section
 * 6.2), with a fractional error of erfc below 1.2e-7. Abramowitz and Stegun 7.1.26 is not exact
 * enough.
 */
function erf(x: number): number {
  const z = Math.abs(x);
  const t = 1 / (1 + 0.5 * z);
  const tail = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
    0.37409196, 1.00002368, -1.26551223,
  ].reduce((sum, c) => sum * t + c, 0);
  const result = 1 - t * Math.exp(-z * z + tail);
  return x < 0 ? -result : result;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

const sign: Unary = (x) => (isBig(x) ? ((x > 0n ? 1n : x < 0n ? -1n : 0n) as never) : Math.sign(x));
const modulo: Binary = (a, b) => {
  const rest = a % b;
  return rest && rest < 0 !== b < 0 ? rest + b : rest;
};

const where: Operator =
  () =>
  ([condition, a, b]) => {
    const [c, x, y] = [condition, a, b] as [Tensor, Tensor, Tensor];
    const shape = broadcastShape(c.shape, x.shape, y.shape);
    const result = allocate(x.dtype, shape);
    const [p, q, r, z] = [valuesOf(c), valuesOf(x), valuesOf(y), valuesOf(result)];
    const strides = [c, x, y].map((tensor) => stridesOf(tensor.shape, shape.length));
    walk(
      shape,
      strides,
      (i, [o, s, t]) => (z[i] = (p[o as number] ? q[s as number] : r[t as number]) as number),
    );
    return result;
  };

const prelu: Operator =
  () =>
  ([x, slope]) =>
    combine(x as Tensor, slope as Tensor, (value, factor) => (value < 0 ? value * factor : value));

const mean: Operator = () => (inputs) => {
  const sum = inputs
    .slice(1)
    .reduce((a, b) => combine(a as Tensor, b as Tensor, (x, y) => x + y), inputs[0]) as Tensor;
  return map(sum, (x) => x / inputs.length);
};

/** Elementwise operators that few small models have. */
export const MORE_ELEMENTWISE: Operators = {
  Sum: fold((a, b) => a + b),
  Mean: mean,
  Mod: (node) => binary(attribute(node, 'fmod', 0) !== 0 ? (a, b) => a % b : modulo)(node),
  Equal: binary((a, b) => bit(a === b), 'bool'),
  Less: binary((a, b) => bit(a < b), 'bool'),
  Greater: binary((a, b) => bit(a > b), 'bool'),
  LessOrEqual: binary((a, b) => bit(a <= b), 'bool'),
  GreaterOrEqual: binary((a, b) => bit(a >= b), 'bool'),
  And: binary((a, b) => a & b),
  Or: binary((a, b) => a | b),
  Xor: binary((a, b) => a ^ b),
  Not: plain((x) => bit(!x)),
  Floor: plain(Math.floor),
  Ceil: plain(Math.ceil),
  Round: plain(roundHalfEven),
  Sign: plain(sign),
  Erf: plain(erf),
  Sin: plain(Math.sin),
  Cos: plain(Math.cos),
  Tan: plain(Math.tan),
  IsNaN:
    () =>
    ([x]) =>
      map(x as Tensor, (value) => bit(value !== value), 'bool'),
  Softplus: plain((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Softsign: plain((x) => x / (1 + Math.abs(x))),
  Celu: unary((node) => {
    const alpha = attribute(node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x);
  }),
  Selu: unary((node) => {
    const [alpha, gamma] = [
      attribute(node, 'alpha', 1.673_263_2),
      attribute(node, 'gamma', 1.050_701),
    ];
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  }),
  ThresholdedRelu: unary((node) => {
    const alpha = attribute(node, 'alpha', 1);
    return (x) => (x > alpha ? x : 0);
  }),
  HardSigmoid: unary((node) => {
    const [alpha, beta] = [attribute(node, 'alpha', 0.2), attribute(node, 'beta', 0.5)];
    return (x) => Math.max(0, Math.min(1, alpha * x + beta));
  }),
  HardSwish: plain((x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  Gelu: unary((node) =>
    attribute(node, 'approximate', 'none') === 'tanh'
      ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
      : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  ),
  PRelu: prelu,
  Where: where,
};
