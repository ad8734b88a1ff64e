// Goals of loading: from the navigation, or the first line of a script, to the first answer.
import { MODELS } from '../models/catalog.mjs';
import { lineMs } from '../server.mjs';
import { atMost, floorOf, ms } from './checks.mjs';

const large = MODELS.filter(({ large: isLarge }) => isLarge);
/** @param {import('../runtime/types.d.ts').Figures['starts']} starts */
const withTransformers = (starts) => large.filter(({ name }) => starts[name]?.transformers);

/** @type {readonly import('./checks.mjs').Goal[]} */
export const GOALS_OF_LOADING = [
  {
    goal: 'longest main-thread block while loading ≤ 0.15× raw, no task > 50 ms',
    measure: ({ blocking }) =>
      Object.entries(blocking).flatMap(([name, { perigee, main }]) => [
        atMost(name, perigee.load / main.load, 0.15),
        atMost('task', perigee.task, 50, ms),
      ]),
    floor: ({ blocking }) =>
      floor(
        'a bare worker',
        Object.entries(blocking).map(([name, { worker, main }]) => [
          name,
          worker?.load / main.load,
        ]),
      ),
  },
  {
    goal:
      'navigation → first prediction ≤ 0.6× transformers.js on the first visit, ≤ 0.65× later ' +
      '(by name)',
    measure: ({ starts }) =>
      withTransformers(starts).flatMap(({ name }) => {
        const { registered, transformers } = starts[name];
        return [
          atMost(`${name} first`, first(registered) / first(transformers), 0.6),
          atMost('later', later(registered) / later(transformers), 0.65),
        ];
      }),
    floor: ({ starts }) =>
      floor(
        'by hand',
        withTransformers(starts).flatMap(({ name }) => {
          const { verified, transformers } = starts[name];
          return [
            [`${name} first`, first(verified) / first(transformers)],
            ['later', later(verified) / later(transformers)],
          ];
        }),
      ),
  },
  {
    goal: 'the same on the first visit ≤ 1.0× raw onnxruntime-web by URL, ≤ 1.1× by name',
    measure: ({ starts }) =>
      Object.entries(starts).flatMap(([name, { perigee, registered, main }]) => [
        atMost(`${name} by URL`, first(perigee) / first(main), 1),
        atMost('by name', first(registered) / first(main), 1.1),
      ]),
    floor: ({ starts }) =>
      floor(
        'by hand',
        Object.entries(starts).flatMap(([name, { worker, verified, main }]) => [
          [`${name} by URL`, first(worker) / first(main)],
          ['by name', first(verified) / first(main)],
        ]),
      ),
  },
  {
    goal: 'the same ≤ 1.0× raw onnxruntime-web on the main thread, later visits (by name)',
    measure: ({ starts }) =>
      Object.entries(starts).map(([name, of]) =>
        atMost(name, later(of.registered) / later(of.main), 1),
      ),
    floor: ({ starts }) =>
      floor(
        'by hand',
        Object.entries(starts).map(([name, { verified, main }]) => [
          name,
          later(verified) / later(main),
        ]),
      ),
  },
  {
    goal: 'cold start at 50 Mbit/s ≤ 0.4× raw as documented with int8, ≤ 0.65× with fp32',
    measure: ({ network }) =>
      Object.entries(network).flatMap(([name, of]) => [
        atMost(`${name} int8`, of.int8.ms / of.documented.ms, 0.4),
        atMost('fp32', of.registered.ms / of.documented.ms, 0.65),
      ]),
    floor: ({ network }) =>
      floor(
        'the bytes alone',
        Object.entries(network).flatMap(([name, { int8, registered, documented }]) => [
          [`${name} int8`, lineMs(int8.bytes) / documented.ms],
          ['fp32', lineMs(registered.bytes) / documented.ms],
        ]),
      ),
  },
  {
    goal:
      'small tabular model, script start → first prediction ≤ 0.05× raw by URL, ≤ 0.1× by name ' +
      'on reload; per call ≤ 1.5×, ≤ 0.5× TensorFlow.js; no wasm bytes; in Node ≤ 2× raw native',
    measure: ({ tabular: { main, instant, named, tfjs } }) => [
      atMost('first answer', instant.first / main.first, 0.05),
      atMost('by name', (named?.reload ?? NaN) / main.reload, 0.1),
      atMost('per call', instant.call / main.call, 1.5),
      atMost('by name', (named?.call ?? NaN) / main.call, 1.5),
      ...(tfjs ? [atMost('of TensorFlow.js', instant.call / tfjs.call, 0.5)] : []),
      atMost('wasm', instant.wasmBytes + (named?.wasmBytes ?? NaN), 0, (value) => `${value} B`),
      atMost('in Node', instant.nodeCall / main.nodeCall, 2),
    ],
    floor: ({ tabular: { main, bare, 'bare-kept': kept, floor: files } }) =>
      floor('by hand', [
        ['first answer', bare?.first / main.first],
        ['by name', kept?.reload / main.reload],
        ["with the SDK's files", files?.reload / main.reload],
        ['per call', bare?.call / main.call],
      ]),
  },
  {
    goal: 'warm read of 45 MB ≤ 0.45× one IndexedDB ArrayBuffer; verified start ≤ 1.02× unverified',
    measure: ({ stored }) => [
      atMost('read', stored.registered.read / stored.stored.read, 0.45),
      atMost('start', stored.registered.open / stored.stored.open, 1.02),
    ],
    floor: ({ stored: { stored, verified } }) =>
      floor('by hand and verified', [
        ['read', verified.read / stored.read],
        ['start', verified.open / stored.open],
      ]),
  },
  {
    goal: 'session creation pre-optimised ≤ 0.8× fp32 as it is, int8 ≤ 0.5×',
    measure: ({ sessions: { perigee } }) =>
      createdIn(perigee).map(({ label, value, limit }) => atMost(label, value, limit)),
    floor: ({ sessions: { byHand } }) =>
      floor(
        'by hand',
        createdIn(byHand).map(({ label, value }) => [label, value]),
      ),
  },
];

/** @param {import('../runtime/types.d.ts').Figures['starts'][string][string]} visits */
const later = ({ reload, later: again }) => (reload.answerMs + again.answerMs) / 2;
/** @param {import('../runtime/types.d.ts').Figures['starts'][string][string] | undefined} visits */
const first = (visits) => visits?.first.answerMs ?? NaN;

/** @param {Readonly<Record<string, number>>} create milliseconds by file */
const createdIn = (create) => [
  ...large.map(({ name }) => ({
    label: `${name} optimised`,
    value: create[`${name}-optimised`] / create[name],
    limit: 0.8,
  })),
  {
    label: 'minilm int8 optimised',
    value: create['minilm-int8-optimised'] / create.minilm,
    limit: 0.5,
  },
];

/**
 * @param {string} of the name of what was measured
 * @param {Parameters<typeof floorOf>[0]} values
 */
function floor(of, values) {
  const text = floorOf(values);
  return text && `${of}: ${text}`;
}
