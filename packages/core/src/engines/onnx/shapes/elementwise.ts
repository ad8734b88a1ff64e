import { constant, like, need, numberOf, product, tensor } from './value.ts';
import type { Rule, Rules, Shaped, Value } from './value.ts';

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  // Integer division, because shapes are integers.
  Div: (a, b) => Math.trunc(a / b),
};

/** float32 represents every integer up to this one exactly. */
const LARGEST = 2 ** 24;

/** TensorProto.DataType. */
const [FLOAT, INT32, INT64] = [1, 6, 7];

/** Operators that compute each output element from one element of each input, and broadcast. */
export const ELEMENTWISE_OPERATORS = `
  Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
  Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid
  HardSwish IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not
  Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub
  Sum Tan Tanh ThresholdedRelu Where Xor`
  .trim()
  .split(/\s+/);

/** The broadcast shape of several operands. Axes align at the end; a size of 1 fits any other. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((one) => one !== 1) ?? 1;
    if (sizes.some((one) => one !== 1 && one !== size))
      throw new RangeError('shapes do not broadcast');
    return size;
  });
}

/** The common batch axis of the operands in a result of this rank. Some operands may have none. */
export function commonBatch(inputs: readonly Shaped[], rank: number): Value['batch'] {
  const axes = new Set(
    inputs.flatMap(({ batch, shape }) =>
      typeof batch === 'number' ? [rank - shape.length + batch] : [],
    ),
  );
  if (axes.size === 0) return 'none';
  const [axis] = axes;
  if (axes.size > 1 || axis === undefined) return 'unknown';
  // A constant with one value per row makes the results of the rows differ.
  const differs = inputs.some(
    ({ batch, shape }) => batch === 'none' && (shape[axis - rank + shape.length] ?? 1) !== 1,
  );
  return differs ? 'unknown' : axis;
}

const elementwise: Rule = ({ op }, given, { cost }) => {
  const inputs = given.filter((input) => input !== undefined);
  const shape = broadcast(inputs.map((input) => input.shape));
  cost(product(shape));
  const values = compute(op, inputs, product(shape));
  if (values) return [constant(shape, values, { sized: inputs.some(({ sized }) => sized) })];
  return [tensor(shape, commonBatch(inputs, shape.length))];
};

/** Computes integers of shapes, for a later Reshape. Floats would need float32 arithmetic. */
function compute(op: string, [a, b]: readonly Shaped[], length: number): readonly number[] | null {
  const combine = Object.hasOwn(ARITHMETIC, op) ? ARITHMETIC[op] : undefined;
  if (!combine || !a?.values || !b?.values || !a.whole || !b.whole) return null;
  const [left, right] = [a.values, b.values];
  if (
    (left.length !== 1 && left.length !== length) ||
    (right.length !== 1 && right.length !== length)
  )
    return null;
  const values = Array.from({ length }, (_, i) =>
    combine(left[i % left.length] as number, right[i % right.length] as number),
  );
  return values.every(isSmall) ? values : null;
}

function isSmall(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= LARGEST;
}

/**
 * The rule for Cast. Integers that all these dtypes represent stay known in a cast to int32 or
 * int64, or to float32 and later back.
 */
const cast: Rule = (node, [input], { cost }) => {
  const x = need(input);
  cost(product(x.shape));
  const isWhole = [INT32, INT64].includes(numberOf(node, 'to', 0));
  const isKept = (isWhole || numberOf(node, 'to', 0) === FLOAT) && x.values?.every(isSmall);
  return [
    x.values && isKept ? constant(x.shape, x.values, { whole: isWhole, sized: x.sized }) : like(x),
  ];
};

const identity: Rule = (_node, [input]) => [need(input)];

/** Outside training, Dropout returns its input. */
const dropout: Rule = (_node, [x, , training]) => {
  if (!x || (training && (!training.values || training.values[0] !== 0)))
    throw new RangeError('random values');
  return [x, like(x)];
};

export const ELEMENTWISE: Rules = {
  ...Object.fromEntries(ELEMENTWISE_OPERATORS.map((op) => [op, elementwise])),
  Cast: cast,
  Dropout: dropout,
  Identity: identity,
};
