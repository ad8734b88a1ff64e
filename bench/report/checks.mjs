// Comparisons of a number with the limit of a goal.

/**
 * One number compared with a limit.
 * @typedef {object} Check
 * @property {string} label
 * @property {number} value
 * @property {string} shown
 * @property {boolean} reached
 */

/**
 * A goal of the design. `floor` names what was measured in the same run and stops a missed goal: a
 * bare worker, a bare read, the bytes alone.
 * @typedef {object} Goal
 * @property {string} goal
 * @property {(figures: import('../runtime/types.d.ts').Figures) => Check[]} measure
 * @property {(figures: import('../runtime/types.d.ts').Figures) => string} [floor]
 */

/** @param {number} value */
export const times = (value) => `${value.toFixed(2)}×`;
/** @param {number} value */
export const ms = (value) => `${value.toFixed(1)} ms`;

/**
 * @param {string} label
 * @param {number} value
 * @param {number} limit
 * @param {(value: number) => string} [show]
 * @returns {Check}
 */
export const atMost = (label, value, limit, show = times) => ({
  label,
  value,
  shown: show(value),
  reached: value <= limit,
});
/**
 * @param {string} label
 * @param {number} value
 * @param {number} limit
 * @param {(value: number) => string} [show]
 * @returns {Check}
 */
export const atLeast = (label, value, limit, show = times) => ({
  label,
  value,
  shown: show(value),
  reached: value >= limit,
});

/**
 * The text of a floor; numbers that were not measured are left out.
 * @param {readonly (readonly [label: string, value: number | undefined])[]} values
 * @param {(value: number) => string} [show]
 */
export const floorOf = (values, show = times) =>
  values
    .flatMap(([label, value]) => (Number.isFinite(value) ? `${label} ${show(Number(value))}` : []))
    .join(', ');
