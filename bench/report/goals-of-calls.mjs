// Goals of calls: the time of one, many at once, and the main thread meanwhile.
import { MODELS } from '../models/catalog.mjs';
import { atLeast, atMost, ms } from './checks.mjs';

const large = MODELS.filter(({ large: isLarge }) => isLarge);
const CALL_MS = 20;

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
      atMost('proxy', mlp.perigee.p50 / mlp.proxy.p50, 1.1),
    ],
  },
  {
    goal: '602 KB input ≤ 0.2× a cloning postMessage, the caller keeps its array',
    measure: ({ carry }) => [atMost('carried', carry.perigee.carried / carry.worker.carried, 0.2)],
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
  },
];
