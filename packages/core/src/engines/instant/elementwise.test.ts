import { expect, test } from 'vitest';
import {
  anyShape,
  between,
  broadcastable,
  compare,
  floats,
  next,
  size,
} from './compare.fixture.ts';
import type { OneNode } from './onnx.fixture.ts';

const same = (op: string, low?: number, high?: number) => (): OneNode => {
  const shape = anyShape();
  return { op, inputs: [floats(shape, low, high)], outputs: [['float32', shape.length]] };
};
const pair =
  (op: string, dtype: 'float32' | 'bool' = 'float32', low?: number, high?: number) =>
  (): OneNode => {
    const shape = anyShape();
    const other = broadcastable(shape);
    const inputs = [floats(shape, low, high), floats(other, low, high)];
    return {
      op,
      inputs: next() < 0.5 ? inputs : inputs.toReversed(),
      outputs: [[dtype, shape.length]],
    };
  };
const CASES: Readonly<Record<string, () => OneNode>> = {
  Add: pair('Add'),
  Sub: pair('Sub'),
  Mul: pair('Mul'),
  Div: pair('Div', 'float32', 0.5, 3),
  Pow: pair('Pow', 'float32', 0.2, 2),
  Min: pair('Min'),
  Max: pair('Max'),
  Mod: () => ({ ...pair('Mod', 'float32', 0.5, 3)(), attributes: { fmod: 1 } }),
  Equal: pair('Equal', 'bool'),
  Less: pair('Less', 'bool'),
  Greater: pair('Greater', 'bool'),
  LessOrEqual: pair('LessOrEqual', 'bool'),
  GreaterOrEqual: pair('GreaterOrEqual', 'bool'),
  PRelu: () => {
    const shape = anyShape();
    return {
      op: 'PRelu',
      inputs: [floats(shape), floats(broadcastable(shape))],
      outputs: [['float32', shape.length]],
    };
  },
  Relu: same('Relu'),
  Sigmoid: same('Sigmoid', -9, 9),
  Tanh: same('Tanh'),
  Neg: same('Neg'),
  Abs: same('Abs'),
  Sqrt: same('Sqrt', 0, 5),
  Exp: same('Exp'),
  Log: same('Log', 0.1, 9),
  Floor: same('Floor'),
  Ceil: same('Ceil'),
  Round: same('Round', -9, 9),
  Reciprocal: same('Reciprocal', 0.5, 3),
  Erf: same('Erf', -4, 4),
  Sign: same('Sign'),
  Softplus: same('Softplus', -20, 20),
  Softsign: same('Softsign'),
  Elu: same('Elu'),
  Selu: same('Selu'),
  Celu: same('Celu'),
  LeakyRelu: same('LeakyRelu'),
  HardSigmoid: same('HardSigmoid'),
  HardSwish: same('HardSwish', -5, 5),
  ThresholdedRelu: same('ThresholdedRelu'),
  Softmax: () => ({ ...same('Softmax')(), opset: 13, attributes: { axis: -1 } }),
  'Softmax before 13': () => ({
    op: 'Softmax',
    opset: 11,
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2) },
    outputs: [['float32', 3]],
  }),
  LogSoftmax: () => ({
    op: 'LogSoftmax',
    opset: 13,
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2) },
    outputs: [['float32', 3]],
  }),
  Hardmax: () => ({
    op: 'Hardmax',
    opset: 13,
    inputs: [floats(anyShape(3))],
    attributes: { axis: between(0, 2) },
    outputs: [['float32', 3]],
  }),
  Clip: () => ({
    op: 'Clip',
    inputs: [floats(anyShape(2)), floats([], -1, 0), next() < 0.5 ? null : floats([], 0.5, 1)],
    outputs: [['float32', 2]],
  }),
  Where: () => {
    const shape = anyShape(3);
    return {
      op: 'Where',
      inputs: [
        {
          dtype: 'bool',
          shape,
          data: Uint8Array.from({ length: size(shape) }, () => between(0, 1)),
        },
        floats(shape),
        floats(broadcastable(shape)),
      ],
      outputs: [['float32', 3]],
    };
  },
  Cast: () => ({
    op: 'Cast',
    inputs: [floats(anyShape(2), -50, 50)],
    attributes: { to: [7, 6, 11, 9][between(0, 3)]! },
    outputs: [['float32', 2]],
  }),
};

test.each(Object.keys(CASES))(
  '%s gives what ONNX Runtime gives, on random shapes',
  async (name) => {
    expect.hasAssertions();
    for (let run = 0; run < 12; run += 1) {
      const node = CASES[name]!();
      const to =
        node.op === 'Cast'
          ? ({ 7: 'int64', 6: 'int32', 11: 'float64', 9: 'bool' } as const)[
              node.attributes!['to'] as 6 | 7 | 9 | 11
            ]
          : undefined;
      await compare({
        ...node,
        outputs: to ? [[to, 2]] : node.outputs,
      });
    }
  },
);
