// The first twelve rows of the design's table "What it must reach", judged by the figures of the
// sections. People add the reasons.
import { MODELS } from '../models/catalog.mjs';

/** @typedef {import('../runtime/types.d.ts').Figures} Figures */

/**
 * One number compared with a limit.
 * @typedef {object} Check
 * @property {string} label
 * @property {number} value
 * @property {string} shown
 * @property {boolean} reached
 */

const large = MODELS.filter(({ large: isLarge }) => isLarge);
const CALL_MS = 20;
/** @param {number} value */
const times = (value) => `${value.toFixed(2)}×`;

/**
 * One number compared with a limit.
 * @param {string} label
 * @param {number} value
 * @param {number} limit
 * @param {(value: number) => string} [show]
 * @returns {Check}
 */
const atMost = (label, value, limit, show = times) => ({
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
const atLeast = (label, value, limit, show = times) => ({
  label,
  value,
  shown: show(value),
  reached: value >= limit,
});
/** @param {number} value */
const ms = (value) => `${value.toFixed(1)} ms`;

/** @type {readonly { goal: string, measure: (figures: Figures) => Check[] }[]} */
const GOALS = [
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
    goal: 'longest main-thread block while loading ≤ 0.15× raw, no task > 50 ms',
    measure: ({ blocking }) =>
      Object.entries(blocking).flatMap(([name, { perigee, main }]) => [
        atMost(name, perigee.load / main.load, 0.15),
        atMost('task', perigee.task, 50, ms),
      ]),
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
  {
    goal:
      'navigation → first prediction ≤ 0.6× transformers.js on the first visit, ≤ 0.65× later ' +
      '(by name)',
    measure: ({ starts }) =>
      large
        .filter(({ name }) => starts[name]?.transformers)
        .flatMap(({ name }) => [
          atMost(
            `${name} first`,
            starts[name].registered.first.answerMs / starts[name].transformers.first.answerMs,
            0.6,
          ),
          atMost('later', later(starts[name].registered) / later(starts[name].transformers), 0.65),
        ]),
  },
  {
    goal: 'the same ≤ 1.0× raw onnxruntime-web on the main thread, later visits (by name)',
    measure: ({ starts }) =>
      Object.entries(starts).map(([name, of]) =>
        atMost(name, later(of.registered) / later(of.main), 1),
      ),
  },
  {
    goal: 'cold start at 50 Mbit/s ≤ 0.4× raw as documented with int8, ≤ 0.65× with fp32',
    measure: ({ network }) =>
      Object.entries(network).flatMap(([name, of]) => [
        atMost(`${name} int8`, of.int8.ms / of.documented.ms, 0.4),
        atMost('fp32', of.registered.ms / of.documented.ms, 0.65),
      ]),
  },
  {
    goal:
      'small tabular model, script start → first prediction ≤ 0.05× raw by URL, ≤ 0.1× by name ' +
      'on reload; per call ≤ 1.5×, ≤ 0.5× TensorFlow.js; no wasm bytes; in Node ≤ 2× raw native',
    measure: ({ tabular: { main, instant, named, tfjs } }) => [
      atMost('first answer', instant.first / main.first, 0.05),
      atMost('by name', (named?.reload ?? NaN) / main.reload, 0.1),
      atMost('per call', instant.call / main.call, 1.5),
      ...(tfjs ? [atMost('of TensorFlow.js', instant.call / tfjs.call, 0.5)] : []),
      atMost('wasm', instant.wasmBytes + (named?.wasmBytes ?? NaN), 0, (value) => `${value} B`),
      atMost('in Node', instant.nodeCall / main.nodeCall, 2),
    ],
  },
  {
    goal: 'warm read of 45 MB ≤ 0.45× one IndexedDB ArrayBuffer; verified start ≤ 1.05× unverified',
    measure: ({ stored }) => [
      atMost('read', stored.registered.read / stored.stored.read, 0.45),
      atMost('start', stored.registered.open / stored.stored.open, 1.05),
    ],
  },
  {
    goal: 'session creation pre-optimised ≤ 0.8× fp32 as it is, int8 ≤ 0.5×',
    measure: ({ sessions }) => [
      ...large.map(({ name }) =>
        atMost(`${name} optimised`, sessions[`${name}-optimised`] / sessions[name], 0.8),
      ),
      atMost('minilm int8 optimised', sessions['minilm-int8-optimised'] / sessions.minilm, 0.5),
    ],
  },
];

/** @param {Figures['starts'][string][string]} visits */
const later = ({ reload, later: again }) => (reload.answerMs + again.answerMs) / 2;

/**
 * @param {Partial<Figures>} figures
 * @returns {string[][]} rows with a head; a row says so if its goal's section was not run, or its
 *   peer is absent
 */
export function goalsTable(figures) {
  const rows = GOALS.map(({ goal, measure }) => {
    /** @type {Check[]} */
    let checks;
    try {
      checks = measure(/** @type {Figures} */ (figures)).filter(({ value }) =>
        Number.isFinite(value),
      );
    } catch {
      // A section or a side is missing.
      checks = [];
    }
    const met = checks.filter(({ reached }) => reached).length;
    return [
      goal,
      checks
        .map(({ label, shown, reached }) => `${label} ${shown}${reached ? '' : ' ✗'}`)
        .join(', ') || '–',
      checks.length === 0
        ? 'not measured'
        : met === checks.length
          ? 'yes'
          : met === 0
            ? 'no'
            : `${met} of ${checks.length}`,
    ];
  });
  return [['goal', 'measured', 'reached'], ...rows];
}
