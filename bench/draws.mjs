// Random draws for simulations. Each function takes the source of uniform numbers, so that a seed
// decides everything.
/** @typedef {() => number} Random */

/**
 * Standard normal, by Box and Muller's method.
 * @param {Random} random
 */
export function drawNormal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Gamma, by Marsaglia and Tsang's method.
 * @param {Random} random
 * @param {number} shape
 * @returns {number}
 */
export function drawGamma(random, shape) {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * @param {Random} random
 * @param {number} a
 * @param {number} b
 */
export function drawBeta(random, a, b) {
  const x = drawGamma(random, a);
  return x / (x + drawGamma(random, b));
}

/**
 * @param {Random} random
 * @param {number} n
 * @param {number} p
 */
export function drawBinomial(random, n, p) {
  let count = 0;
  for (let i = 0; i < n; i += 1) if (random() < p) count += 1;
  return count;
}

/**
 * An index, by weights that sum to one.
 * @param {Random} random
 * @param {readonly number[]} weights
 */
export function drawIndex(random, weights) {
  let rest = random();
  for (let i = 0; i < weights.length - 1; i += 1) {
    rest -= weights[i];
    if (rest < 0) return i;
  }
  return weights.length - 1;
}
