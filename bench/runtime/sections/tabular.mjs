import { join } from 'node:path';
import { inLab, visit } from '../browser.mjs';
import { f, mapValues, median, megabytes, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { node as runNode } from '../../../scripts/steps.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').BySide<SmallModel>} Figures */
/** @typedef {import('../types.d.ts').SmallModel} SmallModel */
/** @typedef {import('../../server.mjs').Traffic} Traffic */
/**
 * @typedef {object} Run
 * @property {number} first
 * @property {number} reload
 * @property {readonly Traffic[]} traffic of the first visit
 * @property {number} wasmBytes of both visits
 */

const SIDES = {
  main: 'raw onnxruntime-web',
  tfjs: 'TensorFlow.js, wasm',
  instant: 'perigee, instant engine',
  named: 'perigee by name, instant engine',
};
const FLOORS = {
  bare: 'floor by URL: the network by hand, weights fetched, not verified',
  'bare-kept': 'floor by name: the same, weights in IndexedDB',
};
/** Only visited: it makes no predictions. */
const FILES = { floor: 'the files of perigee by name, IndexedDB and one read, by hand' };
/** The same sides in Node. */
const IN_NODE = { main: 'raw native', instant: 'perigee instant' };

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const tabular = {
  name: 'tabular',
  brotli: true,
  title: 'A small tabular model at once',
  note:
    "MLP 30-32-16-1, milliseconds, median. The time runs from the first line of the page's " +
    'script to the first answer, with an empty profile and on a reload some seconds later. Per ' +
    'call: in a page that was reloaded in the same way, with the other sides, in random turns. ' +
    'Bytes: all that the first visit fetches from a host with brotli, and the part of both ' +
    'visits that is wasm. In Node: per call in one process, against onnxruntime-node.',
  async run({ out, browser, executablePath, servers, peers, pick, say, control, leaveOut }) {
    const sides = Object.keys({ ...SIDES, ...FLOORS }).filter(
      (side) => side !== 'tfjs' || peers.tfjs,
    );
    const calls = { model: 'mlp', sides, rounds: pick(150, 20), calls: 20 };
    const { ms, leftOut, inPlace } = await inLab(browser, servers.plain.url, 'latency', calls, {
      ...calls,
      rounds: 0,
    });
    if (ms.named && !inPlace?.includes('named')) {
      ms.named = [];
      leftOut.named = 'calls, because its model is not in place after a reload';
    }
    /** @type {Record<string, Run[]>} */
    const runs = {};
    for (let round = 0; round < pick(7, 2); round += 1) {
      const visited = sides.filter((name) => ms[name]);
      for (const side of shuffle([...visited, ...Object.keys(FILES)])) {
        say(`${side}, ${round + 1}`);
        const { first, again } = await visit(
          executablePath,
          servers.brotli,
          { side, model: 'mlp' },
          ['first', 'again'],
        );
        (runs[side] ??= []).push({
          first: first.answerMs - first.scriptMs,
          reload: again.answerMs - again.scriptMs,
          traffic: first.traffic,
          wasmBytes: wasmIn([...first.traffic, ...again.traffic]),
        });
      }
    }
    leaveOut({ title: 'MLP' }, leftOut);
    control('calls', ms.main);
    control(
      'first visit',
      (runs.main ?? []).map(({ first }) => first),
    );
    control(
      'reload',
      (runs.main ?? []).map(({ reload }) => reload),
    );
    say('Node');
    const inNode = await callsInNode(join(out, 'models', 'mlp.onnx'), pick(300, 60));
    const figures = mapValues(runs, (list, side) => ({
      first: median(list.map(({ first }) => first)),
      reload: median(list.map(({ reload }) => reload)),
      call: median(ms[side] ?? [NaN]),
      nodeCall: inNode[side] ?? NaN,
      bytes: median(list.map(({ traffic }) => traffic.reduce((sum, { bytes }) => sum + bytes, 0))),
      wasmBytes: median(list.map(({ wasmBytes }) => wasmBytes)),
    }));
    return { figures };
  },
  table(figures) {
    return [
      [
        'side',
        'script → answer, first visit',
        'reload',
        'per call',
        'bytes',
        'wasm bytes',
        'call in Node',
        'first visit ÷ raw',
        'reload ÷ raw',
        'per call ÷ raw',
        'in Node ÷ raw',
      ],
      ...Object.entries({ ...SIDES, ...FLOORS, ...FILES })
        .filter(([side]) => figures[side])
        .map(([side, title]) => {
          const { first, reload, call, bytes, wasmBytes, nodeCall } = figures[side];
          return [
            title,
            f(first),
            f(reload),
            f(call),
            megabytes(bytes),
            megabytes(wasmBytes),
            f(nodeCall),
            ratio(first, figures.main?.first),
            ratio(reload, figures.main?.reload),
            ratio(call, figures.main?.call),
            ratio(nodeCall, figures.main?.nodeCall),
          ];
        }),
    ];
  },
};

/** @param {readonly Traffic[]} traffic */
const wasmIn = (traffic) =>
  traffic.filter(({ path }) => path.endsWith('.wasm')).reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Milliseconds of a call in Node, by side.
 * @param {string} path of the model
 * @param {number} rounds
 */
async function callsInNode(path, rounds) {
  const { output } = await runNode(join(import.meta.dirname, '..', 'node', 'latency.mjs'), [
    'mlp',
    path,
    String(rounds),
    '1',
    ...Object.values(IN_NODE),
  ]);
  /** @type {{ ms: Record<string, number[]> }} */
  const { ms } = JSON.parse(output.slice(output.indexOf('{"ms"')));
  return mapValues(IN_NODE, (side) => median(ms[side] ?? [NaN]));
}
