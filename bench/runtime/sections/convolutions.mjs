import { join } from 'node:path';
import { visit } from '../browser.mjs';
import { CONVOLUTIONS } from '../../models/catalog.mjs';
import { f, mapValues, quantile, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { node as runNode } from '../../../scripts/steps.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').ByModel<import('../types.d.ts').Convolution>} Figures */
/** @typedef {import('../types.d.ts').BySide<number>} Times */
/** @typedef {import('../../server.mjs').BenchServer} BenchServer */

const SCRIPTS = join(import.meta.dirname, '..', 'node');
const IN_NODE = ['perigee instant', 'perigee wasm', 'perigee native'];
/** @type {Readonly<Record<string, string>>} */
const IN_PAGE = { instant: 'perigee instant', perigee: 'perigee wasm' };
const HEAD = [
  'image',
  'million multiplications',
  'engine',
  'call',
  'instant ÷ it',
  'start in Node',
  'first visit',
  'reload',
  'even after',
];
/** Only some sizes are measured for starts, because each start takes a process or a browser. */
const STARTED = new Set([28, 104, 208]);

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const convolutions = {
  name: 'convolutions',
  title: 'Convolutions in plain JavaScript',
  note:
    'Two convolutions of 3×3 (1 → 8 → 16 channels) over a grey image, milliseconds, the ' +
    'fastest tenth. Call: predict() in Node, one thread, the engines in one process and in ' +
    'random turns. Start in Node: process start to first answer. First visit and reload: ' +
    "first line of a page's script to first answer in Chromium, with files from this " +
    "machine. A real line adds the runtime's 2.7 MB to the time of wasm. Even after: calls " +
    'after a start in Node until the faster engine has made up for its later start.',
  async run({ out, executablePath, servers, pick, say, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    const models = pick(CONVOLUTIONS, CONVOLUTIONS.slice(0, 2));
    for (const model of models) {
      const path = join(out, 'models', `${model.name}.onnx`);
      say(model.title);
      const rounds = String(pick(60, 5));
      const args = [model.name, path, rounds, '1', ...IN_NODE];
      const { ms, leftOut } = await answered('latency.mjs', args);
      leaveOut(model, leftOut);
      const calls = fastest(ms);
      figures[model.name] = { calls, starts: {}, first: {}, reload: {} };
      if (!STARTED.has(model.side)) continue;
      const starts = await startsInNode(model, path, pick(7, 1));
      const page = { executablePath, server: servers.plain, rounds: pick(5, 1) };
      figures[model.name] = { calls, starts, ...(await startsInPage(model, page)) };
    }
    return { figures };
  },
  table(figures) {
    const measured = CONVOLUTIONS.filter(({ name }) => figures[name]);
    return [HEAD, ...measured.flatMap((model) => rowsOf(model, figures[model.name]))];
  },
};

/**
 * @param {{ title: string, millions: number }} model
 * @param {import('../types.d.ts').Convolution} figures
 */
function rowsOf({ title, millions }, { calls, starts, first, reload }) {
  return IN_NODE.filter((side) => calls[side]).map((side) => [
    title,
    millions.toFixed(2),
    side.replace('perigee ', ''),
    f(calls[side]),
    ratio(calls['perigee instant'], calls[side]),
    f(starts[side]),
    f(first[side]),
    f(reload[side]),
    evenAfter(calls, starts, side),
  ]);
}

/**
 * @param {string} script
 * @param {readonly string[]} args
 */
async function answered(script, args) {
  const { output } = await runNode(join(SCRIPTS, script), args);
  return JSON.parse(output.slice(output.lastIndexOf('\n{') + 1));
}

/**
 * @param {{ name: string }} model
 * @param {string} path
 * @param {number} rounds
 */
async function startsInNode({ name }, path, rounds) {
  /** @type {Record<string, number[]>} */
  const runs = {};
  for (let round = 0; round < rounds; round += 1)
    for (const side of shuffle(IN_NODE)) {
      const { answerMs } = await answered('once.mjs', [side, name, path]);
      (runs[side] ??= []).push(answerMs);
    }
  return fastest(runs);
}

/**
 * @param {{ name: string }} model
 * @param {{ executablePath: string, server: BenchServer, rounds: number }} options
 */
async function startsInPage({ name }, { executablePath, server, rounds }) {
  /** @type {Record<string, number[]>} */
  const first = {};
  /** @type {Record<string, number[]>} */
  const reload = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const side of shuffle(Object.keys(IN_PAGE))) {
      const query = { side, model: name };
      const visits = await visit(executablePath, server, query, ['first', 'reload']);
      (first[IN_PAGE[side]] ??= []).push(visits.first.answerMs - visits.first.scriptMs);
      (reload[IN_PAGE[side]] ??= []).push(visits.reload.answerMs - visits.reload.scriptMs);
    }
  }
  return { first: fastest(first), reload: fastest(reload) };
}

/**
 * Number of calls after which this engine, which starts later, is ahead of the instant engine.
 * @param {Times} calls
 * @param {Times} starts
 * @param {string} side
 */
function evenAfter(calls, starts, side) {
  const later = starts[side] - starts['perigee instant'];
  const won = calls['perigee instant'] - calls[side];
  if (side === 'perigee instant' || !(later > 0)) return '–';
  return won > 0 ? Math.ceil(later / won).toLocaleString('en') : 'never';
}

/**
 * Other programs only add time, so on a busy machine the fastest tenth says most.
 * @param {Record<string, number[]>} lists
 */
const fastest = (lists) => mapValues(lists, (list) => quantile(list, 0.1));
