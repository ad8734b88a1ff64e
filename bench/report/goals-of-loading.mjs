// Goals of loading: from the navigation, or the first line of a script, to the first answer.
import { MODELS } from '../models/catalog.mjs';
import { atMost, ms } from './checks.mjs';

const large = MODELS.filter(({ large: isLarge }) => isLarge);

/** @type {readonly import('./checks.mjs').Goal[]} */
export const GOALS_OF_LOADING = [
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

/** @param {import('../runtime/types.d.ts').Figures['starts'][string][string]} visits */
const later = ({ reload, later: again }) => (reload.answerMs + again.answerMs) / 2;
