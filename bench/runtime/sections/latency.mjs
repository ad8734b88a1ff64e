import { inLab } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { f, mapValues, median, quantile, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').Figures['latency']} Figures */

const SIDES = ['main', 'worker', 'comlink', 'proxy', 'perigee'];

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const latency = {
  name: 'latency',
  title: 'predict(), one call after the other',
  note:
    'Milliseconds p50 / p99, one wasm thread, cross-origin isolated page. All sides are ' +
    'open in one page and take random turns. `raw`: onnxruntime-web on the main thread; ' +
    '`worker`: in a hand-written worker; `comlink`: behind plain Comlink; `proxy`: ONNX ' +
    "Runtime's own worker; `instant`: perigee with backend `cpu`. perigee also validates " +
    'the input, times the stages and returns ids. A dash: that side does not have this ' +
    "model. The run: the worker's own time of the model's run, hand-written / perigee.",
  async run({ browser, servers, peers, pick, few, say, control, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    for (const model of few(MODELS)) {
      say(model.title);
      const sides = [
        ...SIDES,
        ...(model.large ? [] : ['instant']),
        ...model.peers.filter((peer) => peers[peer]),
      ];
      const { ms, inside, leftOut } = await inLab(browser, servers.plain.url, 'latency', {
        model: model.name,
        sides,
        rounds: pick(model.rounds, Math.min(20, Math.ceil(model.rounds / 8))),
        calls: model.calls,
      });
      leaveOut(model, leftOut);
      control(model.title, ms.main);
      figures[model.name] = mapValues(ms, (list, side) => ({
        p50: quantile(list, 0.5),
        p99: quantile(list, 0.99),
        samples: list.length,
        ...(inside[side].length > 0 && { inside: median(inside[side]) }),
      }));
    }
    return { figures };
  },
  table(figures) {
    /** @param {import('../types.d.ts').Percentiles | undefined} times */
    const cell = (times) => (times ? `${f(times.p50)} / ${f(times.p99)}` : '–');
    const head = [
      'model',
      'raw',
      'worker',
      'comlink',
      'proxy',
      'perigee',
      'instant',
      'TensorFlow.js',
      'transformers.js',
      'the run',
      'perigee ÷ worker',
      '÷ comlink',
      '÷ proxy',
    ];
    const order = [
      'main',
      'worker',
      'comlink',
      'proxy',
      'perigee',
      'instant',
      'tfjs',
      'transformers',
    ];
    return [
      head,
      ...MODELS.filter(({ name }) => figures[name]).map(({ name, title }) => {
        const of = figures[name];
        return [
          title,
          ...order.map((side) => cell(of[side])),
          `${f(of.worker?.inside)} / ${f(of.perigee?.inside)}`,
          ...['worker', 'comlink', 'proxy'].map((side) => ratio(of.perigee?.p50, of[side]?.p50)),
        ];
      }),
    ];
  },
  plot(figures) {
    return {
      file: 'latency.svg',
      title: 'One predict(), relative to a hand-written worker',
      unit: '×',
      reference: 1,
      groups: MODELS.filter(({ name }) => figures[name]?.worker).map(({ name, title }) => ({
        title,
        bars: Object.entries(figures[name])
          .filter(([side]) => side !== 'worker')
          .map(([side, { p50 }]) => ({ side, value: p50 / figures[name].worker.p50 })),
      })),
    };
  },
};
