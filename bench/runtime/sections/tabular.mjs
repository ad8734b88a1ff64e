import { inLab, visit } from '../browser.mjs';
import { f, mapValues, median, megabytes, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').BySide<SmallModel>} Figures */
/** @typedef {import('../types.d.ts').SmallModel} SmallModel */
/** @typedef {import('../../server.mjs').Traffic} Traffic */
/** @typedef {{ first: number, reload: number, traffic: readonly Traffic[] }} Run */

const SIDES = {
  main: 'raw onnxruntime-web',
  tfjs: 'TensorFlow.js, wasm',
  instant: 'perigee, instant engine',
};

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const tabular = {
  name: 'tabular',
  brotli: true,
  title: 'A small tabular model at once',
  note:
    "MLP 30-32-16-1, milliseconds, median. The time runs from the first line of the page's " +
    'script to the first answer, with an empty profile and on reload. Per call: in a page ' +
    'with the other sides, in random turns. Bytes: all that the first visit fetches from a ' +
    'host with brotli, and the part that is wasm.',
  async run({ browser, executablePath, servers, peers, pick, say, control, leaveOut }) {
    const sides = Object.keys(SIDES).filter((side) => side !== 'tfjs' || peers.tfjs);
    const { ms, leftOut } = await inLab(browser, servers.plain.url, 'latency', {
      model: 'mlp',
      sides,
      rounds: pick(150, 20),
      calls: 20,
    });
    /** @type {Record<string, Run[]>} */
    const runs = {};
    for (let round = 0; round < pick(7, 2); round += 1) {
      for (const side of shuffle(sides).filter((name) => ms[name])) {
        say(`${side}, ${round + 1}`);
        const { first, reload } = await visit(
          executablePath,
          servers.brotli,
          { side, model: 'mlp' },
          ['first', 'reload'],
        );
        (runs[side] ??= []).push({
          first: first.answerMs - first.scriptMs,
          reload: reload.answerMs - reload.scriptMs,
          traffic: first.traffic,
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
    const figures = mapValues(runs, (list, side) => ({
      first: median(list.map(({ first }) => first)),
      reload: median(list.map(({ reload }) => reload)),
      call: median(ms[side]),
      bytes: median(list.map(({ traffic }) => traffic.reduce((sum, { bytes }) => sum + bytes, 0))),
      wasmBytes: median(
        list.map(({ traffic }) =>
          traffic
            .filter(({ path }) => path.endsWith('.wasm'))
            .reduce((sum, { bytes }) => sum + bytes, 0),
        ),
      ),
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
        'first visit ÷ raw',
        'per call ÷ raw',
      ],
      ...Object.entries(SIDES)
        .filter(([side]) => figures[side])
        .map(([side, title]) => {
          const { first, reload, call, bytes, wasmBytes } = figures[side];
          return [
            title,
            f(first),
            f(reload),
            f(call),
            megabytes(bytes),
            megabytes(wasmBytes),
            ratio(first, figures.main?.first),
            ratio(call, figures.main?.call),
          ];
        }),
    ];
  },
};
