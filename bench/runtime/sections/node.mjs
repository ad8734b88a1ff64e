import { join } from 'node:path';
import { MODELS } from '../../models/catalog.mjs';
import { f, mapValues, median, megabytes, quantile, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { node as runNode } from '../../../scripts/steps.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').NodeTimes} NodeTimes */
/** @typedef {import('../types.d.ts').ByModel<import('../types.d.ts').BySide<NodeTimes>>} Figures */

const SCRIPTS = join(import.meta.dirname, '..', 'node');
const ONCE = ['raw native', 'native in a worker', 'perigee native', 'raw wasm', 'perigee wasm'];

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const node = {
  name: 'node',
  title: 'In Node',
  note:
    'Milliseconds p50 / p99 of predict(), one thread, all sides in one process in random ' +
    'turns. Next column: predictions a second of many at once. Start: process start to ' +
    'first answer. Start and resident memory: each in its own process, medians.',
  async run({ out, pick, few, say, control, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    for (const model of few(MODELS)) {
      const path = join(out, 'models', `${model.name}.onnx`);
      say(model.title);
      const { output } = await runNode(join(SCRIPTS, 'latency.mjs'), [
        model.name,
        path,
        String(pick(Math.ceil(model.rounds / 2), Math.min(10, Math.ceil(model.rounds / 8)))),
        String(model.burst),
      ]);
      const { ms, burstMs, leftOut } = JSON.parse(output.slice(output.indexOf('{"ms"')));
      leaveOut(model, leftOut);
      control(model.title, ms['raw native'] ?? []);
      figures[model.name] = mapValues(ms, (list, side) => ({
        p50: quantile(list, 0.5),
        p99: quantile(list, 0.99),
        perSecond: (model.burst / median(burstMs[side])) * 1000,
      }));
      if (!['mlp', 'mobilenet', 'minilm'].includes(model.name)) continue;
      /** @type {Record<string, { answerMs: number, rss: number }[]>} */
      const runs = {};
      for (let round = 0; round < pick(5, 1); round += 1) {
        for (const side of shuffle(ONCE.filter((name) => figures[model.name][name]))) {
          const once = await runNode(join(SCRIPTS, 'once.mjs'), [side, model.name, path]);
          (runs[side] ??= []).push(
            JSON.parse(once.output.slice(once.output.indexOf('{"answerMs"'))),
          );
        }
      }
      for (const [side, list] of Object.entries(runs))
        Object.assign(figures[model.name][side], {
          startMs: median(list.map(({ answerMs }) => answerMs)),
          rss: median(list.map(({ rss }) => rss)),
        });
    }
    return { figures };
  },
  table(figures) {
    const rows = MODELS.filter(({ name }) => figures[name]).flatMap(({ name, title }) =>
      Object.entries(figures[name]).map(([side, { p50, p99, perSecond, startMs, rss }]) => {
        const base = figures[name][side.includes('wasm') ? 'raw wasm' : 'raw native'];
        return [
          title,
          side,
          `${f(p50)} / ${f(p99)}`,
          Math.round(perSecond).toLocaleString('en'),
          f(startMs),
          megabytes(rss),
          ratio(p50, base?.p50),
          ratio(perSecond, base?.perSecond),
        ];
      }),
    );
    return [
      [
        'model',
        'side',
        'predict',
        'at once, /s',
        'start',
        'memory',
        'predict ÷ raw',
        'at once ÷ raw',
      ],
      ...rows,
    ];
  },
};
