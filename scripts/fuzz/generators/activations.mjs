import { tensor } from '../random.mjs';

const each = (
  op,
  { dtypes = ['float32'], opset = 13, attributes = () => ({}), low, high, tame } = {},
) => [
  op,
  (random) => {
    const dtype = random.pick(dtypes);
    return {
      op,
      opset: typeof opset === 'number' ? opset : random.pick(opset),
      inputs: [tensor(random, dtype, random.shape(), { low, high, tame })],
      attributes: attributes(random),
      outputs: [dtype],
    };
  },
];
const some = (names) => (random) =>
  Object.fromEntries(
    names
      .filter(() => random.chance(0.6))
      .map((name) => [name, { float: random.pick([0, 0.01, 0.5, 1, 2]) }]),
  );
const FLOATS = ['float32', 'float64'];
const SIGNED = ['float32', 'float64', 'int32', 'int64', 'int8'];

const softmaxes = ['Softmax', 'LogSoftmax', 'Hardmax']
  .map((op) => [
    op,
    (random) => {
      const rank = random.between(1, 4);
      const opset = random.pick([7, 11, 12, 13, 17]);
      const shape = random.shape(rank);
      return {
        op,
        opset,
        inputs: [
          tensor(random, random.pick(op === 'Hardmax' ? ['float32'] : FLOATS), shape, {
            tame: op !== 'Softmax',
          }),
        ],
        attributes: random.chance(0.8)
          ? { axis: opset < 11 ? random.between(0, rank - 1) : random.axis(rank) }
          : {},
      };
    },
  ])
  .map(([op, make]) => [
    op,
    (random) => {
      const one = make(random);
      return { ...one, outputs: [one.inputs[0].dtype] };
    },
  ]);

export const ACTIVATIONS = Object.fromEntries([
  each('Neg', { dtypes: SIGNED }),
  each('Abs', { dtypes: [...SIGNED, 'uint8'] }),
  each('Sign', { dtypes: [...SIGNED, 'uint8'] }),
  each('Relu', { dtypes: [...FLOATS, 'int32', 'int8'], opset: 14 }),
  each('Sqrt', { dtypes: FLOATS }),
  each('Exp', { dtypes: FLOATS }),
  each('Log', { dtypes: FLOATS }),
  each('Reciprocal', { dtypes: FLOATS }),
  each('Floor', { dtypes: FLOATS }),
  each('Ceil', { dtypes: FLOATS }),
  each('Round', { dtypes: FLOATS, low: -9, high: 9 }),
  each('Erf'),
  each('Sigmoid', { dtypes: FLOATS, low: -20, high: 20 }),
  each('Tanh', { dtypes: FLOATS }),
  each('Sin', { dtypes: FLOATS }),
  each('Cos', { dtypes: FLOATS }),
  each('Tan', { low: -1.4, high: 1.4, tame: true }),
  each('Softplus'),
  each('Softsign'),
  each('HardSwish', { opset: 14, low: -6, high: 6 }),
  each('LeakyRelu', { attributes: some(['alpha']), opset: [7, 16] }),
  each('Elu', { attributes: some(['alpha']) }),
  each('ThresholdedRelu', { attributes: some(['alpha']) }),
  each('Celu', {
    attributes: (random) =>
      random.chance(0.5) ? { alpha: { float: random.pick([0.5, 1, 2]) } } : {},
  }),
  each('Selu', { attributes: some(['alpha', 'gamma']) }),
  each('HardSigmoid', { attributes: some(['alpha', 'beta']) }),
  each('Gelu', {
    opset: 20,
    attributes: (random) => random.pick([{}, { approximate: 'tanh' }, { approximate: 'none' }]),
  }),
  each('Identity', { dtypes: [...SIGNED, 'string', 'bool'] }),
  each('Dropout'),
  ...softmaxes,
]);
