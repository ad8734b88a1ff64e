// Goals of memory: opening, packing, and models of hundreds of megabytes.
import { atMost, floorOf } from './checks.mjs';

/** @typedef {import('../runtime/types.d.ts').Figures} Figures */

/** @param {number} value */
const timesN = (value) => `${value.toFixed(2)} N`;
/** @param {number} value */
const gigabytes = (value) => `${value.toFixed(2)} GB`;

/** @type {readonly import('./checks.mjs').Goal[]} */
export const GOALS_OF_MEMORY = [
  {
    goal: 'opening N bytes peaks at ≤ 1.5 N on wasm in Chromium and Node, ≤ 2 N natively',
    measure: ({ opening }) => [
      atMost('Chromium', peakOf(opening, 'Chromium, perigee wasm'), 1.5, timesN),
      atMost('Node wasm', peakOf(opening, 'perigee wasm'), 1.5, timesN),
      atMost('native', peakOf(opening, 'perigee native'), 2, timesN),
    ],
    floor: ({ opening }) =>
      floorOf(
        [
          ['raw with weights read one by one: Chromium', 'Chromium, raw wasm, weights one by one'],
          ['Node wasm', 'raw wasm, weights one by one'],
          ['native', 'raw native, weights beside it'],
        ].map(([label, side]) => [label, peakOf(opening, side)]),
        timesN,
      ),
  },
  {
    goal:
      'a model of 300 MB with external data opens in Chromium without a copy on the main thread: ' +
      'its ArrayBuffers ≤ 0.1 N',
    measure: ({ large: { bytes, sides } }) => [
      atMost('ArrayBuffers', sides.perigee.arrayBuffers / bytes, 0.1, timesN),
    ],
    floor: ({ large: { bytes, sides } }) =>
      floorOf([['raw on the main thread', sides.main.arrayBuffers / bytes]], timesN),
  },
  {
    goal: '`perigee pack` of 300 MB in < 1 GB',
    measure: ({ pack }) => [atMost('resident', pack.peak / 1e9, 1, gigabytes)],
    floor: ({ pack }) => floorOf([['the runtime alone', pack.runtime / 1e9]], gigabytes),
  },
];

/**
 * The peak above that of a small model, in sizes of the model.
 * @param {Figures['opening']} opening
 * @param {string} side
 */
const peakOf = (opening, side) => {
  const { bytes, large, small } = opening[side];
  return (large.peak - small.peak) / bytes;
};
