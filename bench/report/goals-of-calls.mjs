// Goals of calls: the time of one, many at once, and the main thread meanwhile.
import { MODELS } from '../models/catalog.mjs';
import { atLeast, atMost, floorOf, ms } from './checks.mjs';

const large = MODELS.filter(({ large: isLarge }) => isLarge);
const CALL_MS = 20;
const IMAGES = [
  { size: '224×224', limit: 0.5 },
  { size: '1280×720', limit: 0.2 },
];

/** @type {readonly import('./checks.mjs').Goal[]} */
export const GOALS_OF_CALLS = [
  {
    goal: '`predict()` p50 on calls ≥ 20 ms ≤ 1.02× raw onnxruntime-web',
    measure: ({ latency }) =>
      large
        .filter(({ name }) => latency[name]?.main.p50 >= CALL_MS)
        .flatMap(({ name }) => [
          atMost(
            `${name} against raw on main`,
            latency[name].perigee.p50 / latency[name].main.p50,
            1.02,
          ),
          atMost('against a worker', latency[name].perigee.p50 / latency[name].worker.p50, 1.02),
        ]),
  },
  {
    goal: "tiny call ≤ 0.9× Comlink, ≤ 1.1× ONNX Runtime's proxy",
    measure: ({ latency: { mlp } }) => [
      atMost('Comlink', mlp.perigee.p50 / mlp.comlink.p50, 0.9),
      atMost('in place, the default', mlp.instant?.p50 / mlp.comlink.p50, 0.9),
      atMost('proxy', mlp.perigee.p50 / mlp.proxy.p50, 1.1),
    ],
    floor: ({ latency: { mlp } }) =>
      floorOf([
        ['bare worker: Comlink', mlp.worker.p50 / mlp.comlink.p50],
        ['of which the run', (mlp.worker.inside ?? NaN) / mlp.comlink.p50],
        ['proxy', mlp.worker.p50 / mlp.proxy.p50],
      ]),
  },
  {
    goal: '602 KB input ≤ 0.2× a cloning postMessage, the caller keeps its array',
    measure: ({ carry }) => [atMost('carried', carry.perigee.carried / carry.worker.carried, 0.2)],
    floor: ({ carry }) =>
      floorOf(
        [
          ['by hand: copied and moved', 'moved'],
          ['into a buffer that the worker gives back', 'recycled'],
          ['into shared memory', 'shared'],
        ].map(([label, way]) =>
          pair(label, carry[`worker:${way}`]?.carried / carry.worker.carried),
        ),
      ),
  },
  {
    goal: 'longest main-thread block per predict ≤ timer floor + 2 ms',
    measure: ({ blocking }) =>
      Object.entries(blocking).map(([name, { perigee }]) =>
        atMost(`${name} over the floor`, perigee.predict - perigee.floor, 2, ms),
      ),
  },
  {
    goal:
      '32 concurrent predictions ≥ 6× (MLP), ≥ 1.8× (CNN) Comlink; large models never below ' +
      '0.97×; a lone call ≤ 1.1×',
    measure: ({ concurrency, latency }) => [
      ...[
        { name: 'mlp', burst: 32, limit: 6 },
        { name: 'cnn', burst: 32, limit: 1.8 },
        ...large.map(({ name, burst }) => ({ name, burst, limit: 0.97 })),
      ]
        .filter(({ name }) => concurrency[name])
        .map(({ name, burst, limit }) =>
          atLeast(
            name,
            concurrency[name][burst].perigee.perSecond / concurrency[name][burst].comlink.perSecond,
            limit,
          ),
        ),
      ...MODELS.filter(({ name }) => latency?.[name]).map(({ name }) =>
        atMost(`lone ${name}`, latency[name].perigee.p50 / latency[name].comlink.p50, 1.1),
      ),
    ],
    floor: ({ concurrency, latency }) =>
      floorOf([
        ...['mlp', 'cnn'].map((name) =>
          pair(`${name} in one batch by hand`, rate(concurrency[name]?.[32], 'worker:batch')),
        ),
        ...large.map(({ name, burst }) =>
          pair(`${name} in a bare worker`, rate(concurrency[name]?.[burst], 'worker')),
        ),
        ...MODELS.filter(({ name }) => latency?.[name]).map(({ name }) =>
          pair(`lone ${name}`, latency[name].worker.p50 / latency[name].comlink.p50),
        ),
      ]),
  },
  {
    goal: 'image preprocessing ≤ 0.5× transformers.js at 224 × 224, ≤ 0.2× at 1280 × 720',
    measure: ({ image }) =>
      IMAGES.map(({ size, limit }) =>
        atMost(
          size,
          image[size]['perigee preprocess'] / image[size]['transformers preprocess'],
          limit,
        ),
      ),
    floor: ({ image }) =>
      floorOf(
        IMAGES.map(({ size }) =>
          pair(
            `${size} in one loop by hand`,
            image[size]['by hand preprocess'] / image[size]['transformers preprocess'],
          ),
        ),
      ),
  },
  {
    goal: 'in Node, large models ≤ 1.05× the time of raw onnxruntime-node, one call and many at once',
    measure: ({ node }) => inNode(node, 'perigee native', 1.05),
    floor: ({ node }) =>
      floorOf(
        inNode(node, 'native in a worker', 1.05).map(({ label, value }) =>
          pair(`bare worker: ${label}`, value),
        ),
      ),
  },
];

/**
 * @param {string} label
 * @param {number} value
 * @returns {[string, number]}
 */
const pair = (label, value) => [label, value];

/**
 * Predictions a second of a side, in those of Comlink.
 * @param {Record<string, import('../runtime/types.d.ts').Burst> | undefined} of
 * @param {string} side
 */
const rate = (of, side) => (of?.[side]?.perSecond ?? NaN) / (of?.comlink?.perSecond ?? NaN);

/**
 * Times of a side, in those of raw onnxruntime-node.
 * @param {import('../runtime/types.d.ts').Figures['node']} node
 * @param {string} side
 * @param {number} limit
 */
const inNode = (node, side, limit) =>
  large
    .filter(({ name }) => node[name])
    .flatMap(({ name }) => {
      const { [side]: own, 'raw native': raw } = node[name];
      return [
        atMost(name, own.p50 / raw.p50, limit),
        atMost(`many of ${name} at once`, raw.perSecond / own.perSecond, limit),
      ];
    });
