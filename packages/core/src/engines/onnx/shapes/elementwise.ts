import { constant, product, tensor } from './value.ts';
import type { Rule, Rules, Shaped, Value } from './value.ts';

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  // Of whole numbers: shapes are.
  Div: (a, b) => Math.trunc(a / b),
};

/** Operators that make of each element one, and broadcast. */
const OPERATORS = `
  Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
  Cast Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid
  HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not
  Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub
  Sum Tan Tanh ThresholdedRelu Where Xor`.trim().split(/\s+/);

/** The shape of operands together: aligned at the end, where a 1 stands for any size. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((one) => one !== 1) ?? 1;
    if (sizes.some((one) => one !== 1 && one !== size)) throw new RangeError('shapes do not broadcast');
    return size;
  });
}

/** The operands' common batch axis in a result of this rank. Operands that broadcast may lack one. */
export function commonBatch(inputs: readonly Shaped[], rank: number): Value['batch'] {
  const axes = new Set(inputs.flatMap(({ batch, shape }) => (typeof batch === 'number' ? [rank - shape.length + batch] : [])));
  if (axes.size === 0) return 'none';
  const [axis] = axes;
  if (axes.size > 1 || axis === undefined || inputs.some(({ sized }) => sized)) return 'unknown';
  // A constant that has one value for each row gives rows different results.
  const differs = inputs.some(({ batch, shape }) => batch === 'none' && (shape[axis - rank + shape.length] ?? 1) !== 1);
  return differs ? 'unknown' : axis;
}

const elementwise: Rule = ({ op }, given, { cost }) => {
  const inputs = given.filter((input) => input !== undefined);
  const shape = broadcast(inputs.map((input) => input.shape));
  cost(product(shape));
  const values = compute(op, inputs, product(shape));
  if (values) return [constant(shape, values, inputs.some(({ sized }) => sized))];
  return [{ ...tensor(shape, commonBatch(inputs, shape.length)), sized: inputs.every(({ batch }) => batch === 'none') && inputs.some(({ sized }) => sized) }];
};

/** Numbers of shapes are computed, so that a Reshape further on is known. */
function compute(op: string, inputs: readonly Shaped[], length: number): readonly number[] | null {
  const [a, b] = inputs;
  if (!a?.values) return null;
  if (op === 'Cast' || op === 'Identity') return a.values;
  const combine = Object.hasOwn(ARITHMETIC, op) ? ARITHMETIC[op] : undefined;
  if (!combine || !b?.values) return null;
  const [left, right] = [a.values, b.values];
  if ((left.length !== 1 && left.length !== length) || (right.length !== 1 && right.length !== length)) return null;
  return Array.from({ length }, (_, i) => combine(left[i % left.length] as number, right[i % right.length] as number));
}

/** Outside training it hands on what it gets. */
const dropout: Rule = (_node, [x, , training]) => {
  if (!x || (training && (!training.values || training.values[0] !== 0))) throw new RangeError('random values');
  return [x, tensor(x.shape, x.batch)];
};

export const ELEMENTWISE: Rules = { ...Object.fromEntries(OPERATORS.map((op) => [op, elementwise])), Dropout: dropout };
