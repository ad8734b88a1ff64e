// Steps that use the sizes of a tensor. Each returns a name, or null if nothing fits.
import { floats } from '../random.mjs';
import { axisOf, last, list, sizeOf, weightsOf } from './shared.mjs';

/** @satisfies {Record<string, import('../types.d.ts').Step>} */
export const SIZES = {
  reshapeBySizes: (g, t = g.pick('float32', 2)) => {
    if (!t) return null;
    const first = sizeOf(g, t, g.random.between(0, t.rank - 1));
    const rest = list(g, g.random.pick([[-1], [1, -1], [last(t.shape), -1]]));
    const parts = g.random.chance(0.7) ? [first, rest] : [rest, first];
    return g.node('Reshape', [t.name, g.node('Concat', parts, { axis: 0 })]);
  },
  reshapeByArithmetic: (g, t = g.pick('float32', 2)) => {
    if (!t) return null;
    const size = g.node(g.random.pick(['Mul', 'Div']), [
      sizeOf(g, t, 0),
      list(g, [g.random.between(1, 3)]),
    ]);
    return g.node('Reshape', [t.name, g.node('Concat', [size, list(g, [-1])], { axis: 0 })]);
  },
  sliceBySize: (g, t = g.pick('float32', 1), from = g.pick('float32', 1)) =>
    t &&
    from &&
    g.node('Slice', [
      t.name,
      list(g, [0]),
      sizeOf(g, from, g.random.between(0, from.rank - 1)),
      list(g, [axisOf(g, t.rank)]),
    ]),
  tileBySize: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const w = weightsOf(g, [g.random.between(1, 2), last(t.shape)]);
    return g.node('Tile', [w, g.node('Concat', [sizeOf(g, t, 0), list(g, [1])], { axis: 0 })]);
  },
  zeros: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node('Add', [
      t.name,
      g.node('ConstantOfShape', [g.node('Shape', [t.name])], { value: floats([0.5]) }),
    ]),
  zerosSquare: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const size = sizeOf(g, t, 0);
    return g.node(
      'ConstantOfShape',
      [g.node('Concat', [size, g.random.pick([size, list(g, [2])])], { axis: 0 })],
      { value: floats([0.5]) },
    );
  },
  number: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node('Mul', [
      t.name,
      g.node('Cast', [sizeOf(g, t, g.random.between(0, t.rank - 1))], { to: 1 }),
    ]),
  size: (g, t = g.any()) =>
    g.node('Add', [t.name, g.node('Cast', [g.node('Size', [t.name])], { to: 1 })]),
  positions: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const limit = g.node(
      'Gather',
      [g.node('Shape', [t.name]), list(g, [g.random.between(0, t.rank - 1)], [])],
      { axis: 0 },
    );
    return g.node('Cast', [g.node('Range', [list(g, [0], []), limit, list(g, [1], [])])], {
      to: 1,
    });
  },
  sumOfFilled: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const size = g.node('Add', [sizeOf(g, t, 0), list(g, [1])]);
    return g.node('Mul', [
      t.name,
      g.node('ReduceSum', [g.node('ConstantOfShape', [size], { value: floats([1]) })], {
        keepdims: 0,
      }),
    ]);
  },
};
