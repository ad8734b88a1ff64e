// Steps that move values. Each returns a name, or null if nothing fits.
import { ROWS, axisOf, last, list, weightsOf } from './shared.mjs';

/**
 * @param {import('../graphs.mjs').Graph} g
 * @param {import('../types.d.ts').Picked} t
 */
function reshapeTarget(g, t) {
  const { shape, rank } = t;
  const width = last(shape);
  return g.random.pick([
    [-1, width],
    [0, -1],
    [-1],
    [1, -1],
    [0, 1, -1],
    [-1, 1, width],
    [ROWS, -1],
    [-1, ROWS],
    [...shape.slice(0, -1), 1, width],
    [0, ...shape.slice(1)],
    [-1, ...shape.slice(1).reverse()],
    [-1, Math.max(1, width >> 1)],
    shape.toReversed(),
    ...(rank > 2
      ? [
          [shape[0], -1, width],
          [-1, width * shape[rank - 2]],
        ]
      : []),
  ]);
}

/**
 * Indices that a Gather takes, as a list, a scalar or a matrix.
 * @param {import('../graphs.mjs').Graph} g
 */
function indicesOf(g) {
  const { values, shape } = g.random.pick([
    { values: [0, 0], shape: [2] },
    { values: [0], shape: [] },
    { values: [-1], shape: [1] },
    { values: [0, 0, 0, 0], shape: [2, 2] },
  ]);
  return list(g, values, shape);
}

/** @satisfies {Record<string, import('../types.d.ts').Step>} */
export const LAYOUT = {
  transpose: (g, t = g.pick('float32', 2)) => {
    if (!t) return null;
    const perm = t.shape
      .map((_, axis) => [g.random.next(), axis])
      .sort(([a], [b]) => a - b)
      .map(([, axis]) => axis);
    return g.node('Transpose', [t.name], { perm });
  },
  reshape: (g, t = g.pick('float32', 1)) =>
    t && g.node('Reshape', [t.name, list(g, reshapeTarget(g, t))]),
  flatten: (g, t = g.pick('float32', 1)) =>
    t && g.node('Flatten', [t.name], { axis: g.random.between(0, t.rank) }),
  squeeze: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const ones = t.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    if (g.opset < 13) return g.node('Squeeze', [t.name], ones.length > 0 ? { axes: ones } : {});
    return g.node('Squeeze', g.random.chance(0.5) ? [t.name, list(g, ones)] : [t.name]);
  },
  unsqueeze: (g, t = g.any()) => {
    const axes = [g.random.between(0, t.rank)];
    return g.opset < 13
      ? g.node('Unsqueeze', [t.name], { axes })
      : g.node('Unsqueeze', [t.name, list(g, axes)]);
  },
  concat: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const axis = axisOf(g, t.rank);
    const other = g.random.pick([
      t.name,
      g.any().name,
      weightsOf(g, t.shape),
      weightsOf(g, t.shape.with(axis, 1)),
    ]);
    return g.node('Concat', [t.name, other], { axis });
  },
  split: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const axis = axisOf(g, t.rank);
    const size = t.shape[(axis + t.rank) % t.rank];
    if (size < 2) return null;
    const first = g.random.between(1, size - 1);
    return g.opset < 13
      ? g.node('Split', [t.name], { axis, split: [first, size - first] }, 2)
      : g.node('Split', [t.name, list(g, [first, size - first])], { axis }, 2);
  },
  slice: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const axis = axisOf(g, t.rank);
    return g.node('Slice', [
      t.name,
      list(g, [g.random.pick([0, 0, 1, -1])]),
      list(g, [g.random.pick([1, 2, -1, 2 ** 31 - 1])]),
      list(g, [axis]),
      list(g, [1]),
    ]);
  },
  gather: (g, t = g.pick('float32', 1)) => {
    if (!t) return null;
    const axis = axisOf(g, t.rank);
    return g.node('Gather', [t.name, indicesOf(g)], { axis });
  },
  lookUp: (g, t = g.pick('int64', 1)) =>
    t && g.node('Gather', [weightsOf(g, [9, 3]), g.node('Identity', [t.name])], { axis: 0 }),
  gatherBest: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node(
      'Gather',
      [t.name, g.node('ArgMax', [t.name], { axis: axisOf(g, t.rank), keepdims: 0 })],
      { axis: axisOf(g, t.rank) },
    ),
  expandWeight: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node('Expand', [weightsOf(g, g.random.broadcastable(t.shape)), g.node('Shape', [t.name])]),
  expand: (g, t = g.any(), like = g.any()) =>
    g.node('Expand', [t.name, g.node('Shape', [like.name])]),
  tile: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node('Tile', [
      t.name,
      list(
        g,
        t.shape.map(() => g.random.pick([1, 1, 2])),
      ),
    ]),
  pad: (g, t = g.pick('float32', 1)) =>
    t &&
    g.node('Pad', [
      t.name,
      list(
        g,
        [...t.shape, ...t.shape].map(() => (g.random.chance(0.2) ? 1 : 0)),
      ),
    ]),
  padByRow: (g, t = g.pick('float32', 1), value = g.pick('float32', 1)) =>
    t &&
    value &&
    g.node('Pad', [
      t.name,
      list(
        g,
        [...t.shape, ...t.shape].map((_, i) => (i === t.rank - 1 ? 1 : 0)),
      ),
      g.node('ReduceMax', [value.name], { keepdims: 0 }),
    ]),
};
