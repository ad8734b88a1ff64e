import { tensor } from '../random.mjs';

/** @typedef {import('../types.d.ts').NodeCase} NodeCase */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.d.ts').Attributes} Attributes */
/** @typedef {import('../types.d.ts').Generator} Generator */

/** @param {Random} random */
function spatial(random) {
  const rank = random.pick([1, 2, 2, 2, 3]);
  return Array.from({ length: rank }, () => random.between(4, 9));
}

/**
 * Window attributes, each present in some of the cases.
 * @param {Random} random
 * @param {readonly number[]} kernel
 */
function windowOf(random, kernel) {
  /**
   * @param {number} low
   * @param {number} high
   */
  const each = (low, high) => kernel.map(() => random.between(low, high));
  /** @type {Attributes} */
  const attributes = {};
  if (random.chance(0.7)) attributes.strides = each(1, 3);
  if (random.chance(0.4)) attributes.dilations = each(1, 2);
  const kind = random.between(0, 5);
  if (kind === 0) attributes.auto_pad = random.pick(['SAME_UPPER', 'SAME_LOWER']);
  else if (kind === 1) attributes.auto_pad = 'VALID';
  else if (kind < 5)
    attributes.pads = [...kernel, ...kernel].map((size) =>
      random.between(0, Math.max(0, size - 1)),
    );
  if (random.chance(0.2) && !attributes.auto_pad) attributes.auto_pad = 'NOTSET';
  return attributes;
}

/**
 * @param {Random} random
 * @returns {NodeCase}
 */
function conv(random) {
  const sizes = spatial(random);
  const group = random.pick([1, 1, 2]);
  const channels = group * random.between(1, 3);
  const filters = group * random.between(1, 3);
  const kernel = sizes.map(() => random.between(1, 3));
  const inputs = [
    tensor(random, 'float32', [random.between(1, 2), channels, ...sizes], { tame: true }),
    tensor(random, 'float32', [filters, channels / group, ...kernel], { tame: true }),
    ...(random.chance(0.5) ? [tensor(random, 'float32', [filters], { tame: true })] : []),
  ];
  const attributes = {
    ...windowOf(random, kernel),
    ...((group > 1 || random.chance(0.3)) && { group }),
    ...(random.chance(0.6) && { kernel_shape: kernel }),
  };
  return {
    op: 'Conv',
    opset: 11,
    inputs,
    constants: random.chance(0.6) ? inputs.map((_, i) => i).slice(1) : [],
    attributes,
    outputs: ['float32'],
    tolerance: 1e-4,
  };
}

/**
 * @param {string} op
 * @param {readonly number[]} opsets
 * @returns {Generator}
 */
const pool = (op, opsets) => (random) => {
  const sizes = spatial(random);
  const kernel = sizes.map(() => random.between(1, 3));
  const opset = random.pick(opsets);
  /** @type {Attributes} */
  const attributes = { ...windowOf(random, kernel), kernel_shape: kernel };
  if (op === 'AveragePool' && opset < 19) delete attributes.dilations;
  if (opset < 10) delete attributes.dilations;
  if (opset >= 10 && random.chance(0.4)) attributes.ceil_mode = random.between(0, 1);
  if (op === 'AveragePool' && random.chance(0.5))
    attributes.count_include_pad = random.between(0, 1);
  return {
    op,
    opset,
    inputs: [
      tensor(random, 'float32', [random.between(1, 2), random.between(1, 2), ...sizes], {
        isOrderless: true,
      }),
    ],
    attributes,
    outputs: ['float32'],
  };
};

/**
 * @param {string} op
 * @returns {Generator}
 */
const global = (op) => (random) => ({
  op,
  inputs: [
    tensor(random, 'float32', [random.between(1, 2), random.between(1, 3), ...spatial(random)], {
      isOrderless: true,
    }),
  ],
  outputs: ['float32'],
});

/** @type {Record<string, Generator>} */
export const SPATIAL = {
  Conv: conv,
  MaxPool: pool('MaxPool', [8, 11, 12]),
  AveragePool: pool('AveragePool', [7, 11, 19]),
  GlobalAveragePool: global('GlobalAveragePool'),
  GlobalMaxPool: global('GlobalMaxPool'),
};
