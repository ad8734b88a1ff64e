// Functions that all steps share. `g` is the graph that a step adds to, `t` one of its tensors.
import { int64, tensor } from '../random.mjs';

/** @typedef {import('../graphs.mjs').Graph} Graph */
/** @typedef {import('../types.d.ts').Picked} Picked */
/** @typedef {import('../types.d.ts').Shape} Shape */

/** @param {Shape} shape */
export const last = (shape) => shape[shape.length - 1];

/** Number of rows that a graph is grown with. */
export const ROWS = 2;

/**
 * @param {Graph} g
 * @param {Shape} shape
 */
export const weightsOf = (g, shape) =>
  g.weight(tensor(g.random, 'float32', shape, { low: -1, high: 1, tame: true }));
/**
 * @param {Graph} g
 * @param {readonly number[]} values
 * @param {Shape} [shape]
 */
export const list = (g, values, shape) => g.weight(int64(values, shape));
/**
 * Rows lie along the first axis of most tensors, so it is chosen less often.
 * @param {Graph} g
 * @param {number} rank
 */
export const axisOf = (g, rank) =>
  rank > 1 && g.random.chance(0.85)
    ? g.random.between(1, rank - 1) - (g.random.chance(0.5) ? rank : 0)
    : g.random.axis(rank);
/**
 * @param {Graph} g
 * @param {Picked} t
 */
export const axesOf = (g, t) => {
  const axes = t.shape
    .map((_, axis) => axis)
    .filter((axis) => g.random.chance(axis === 0 ? 0.1 : 0.5));
  return axes.length > 0 ? axes : [t.rank - 1];
};
/**
 * A size of a tensor's shape, as a list of one number.
 * @param {Graph} g
 * @param {Picked} t
 * @param {number} axis
 */
export const sizeOf = (g, t, axis) =>
  g.node('Gather', [g.node('Shape', [t.name]), list(g, [axis])], { axis: 0 });
