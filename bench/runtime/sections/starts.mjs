import { visit } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { f, firstLineOf, mapValues, median, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').Start} Start */
/** @typedef {import('../types.d.ts').Figures['starts']} Figures */

/** @type {Readonly<Record<string, readonly string[]>>} */
const SIDES = {
  mlp: ['main', 'worker', 'proxy', 'perigee', 'registered', 'verified', 'instant'],
  mobilenet: ['main', 'worker', 'proxy', 'perigee', 'registered', 'verified'],
  minilm: ['main', 'worker', 'perigee', 'registered', 'verified'],
};
const VISITS = { first: 'first visit', reload: 'reload', later: 'new browser, same profile' };
const shown = MODELS.filter(({ name }) => SIDES[name]);

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const starts = {
  name: 'starts',
  title: 'Navigation to first answer',
  note:
    'Milliseconds, median; loopback without compression, a new profile for each first ' +
    'visit, sides in random turns. `perigee`: the file by URL. `by name`: on the first ' +
    'visit from the registry into IndexedDB, with every chunk verified and golden samples ' +
    'passed; later from IndexedDB without network. `floor by name`: a worker written by hand with ' +
    'the same files, digests, golden sample and writes, without signatures, and later with one ' +
    'read; the floor by URL is `worker`. transformers.js loads the model alone, ' +
    'without tokenizer or processor, and keeps it in the Cache API. Later: the mean of ' +
    'reload and new browser. The first page stays 2.5 s, on all sides: whether Chromium keeps its ' +
    'compiled wasm for later is otherwise chance.',
  async run({ executablePath, servers, peers, pick, few, say, control, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    for (const model of few(shown)) {
      const sides = [...SIDES[model.name], ...model.peers.filter((peer) => peers[peer])];
      /** @type {Record<string, Record<string, Start[]>>} */
      const runs = {};
      /** @type {Record<string, string>} */
      const broken = {};
      for (let round = 0; round < pick(5, 1); round += 1) {
        for (const side of shuffle(sides).filter((name) => !broken[name])) {
          say(`${model.title}, ${side}, ${round + 1}`);
          try {
            for (const [name, { answerMs, scriptMs }] of Object.entries(
              await visit(executablePath, servers.plain, { side, model: model.name }),
            )) {
              ((runs[side] ??= {})[name] ??= []).push({
                answerMs,
                scriptToAnswerMs: answerMs - scriptMs,
              });
            }
          } catch (error) {
            broken[side] = firstLineOf(error);
          }
        }
      }
      leaveOut(model, broken);
      for (const [name, title] of Object.entries(VISITS))
        control(
          `${model.title}, ${title}`,
          (runs.main?.[name] ?? []).map(({ answerMs }) => answerMs),
        );
      figures[model.name] = mapValues(runs, (visits) =>
        mapValues(visits, (list) => ({
          answerMs: median(list.map(({ answerMs }) => answerMs)),
          scriptToAnswerMs: median(list.map(({ scriptToAnswerMs }) => scriptToAnswerMs)),
        })),
      );
    }
    return { figures };
  },
  table(figures) {
    const sides = {
      main: 'raw',
      worker: 'worker',
      proxy: 'proxy',
      tfjs: 'TensorFlow.js',
      transformers: 'transformers.js',
      perigee: 'perigee',
      registered: 'by name',
      verified: 'floor by name',
      instant: 'instant',
    };
    /**
     * @param {Figures[string]} of
     * @param {string} side
     * @param {string} name
     */
    const ms = (of, side, name) => of[side]?.[name]?.answerMs;
    const rows = shown
      .filter(({ name }) => figures[name])
      .flatMap(({ name, title }) =>
        Object.entries(VISITS).map(([visitName, visitTitle]) => [
          title,
          visitTitle,
          ...Object.keys(sides).map((side) => f(ms(figures[name], side, visitName))),
          ratio(ms(figures[name], 'perigee', visitName), ms(figures[name], 'main', visitName)),
          ratio(ms(figures[name], 'registered', visitName), ms(figures[name], 'main', visitName)),
          ratio(
            ms(figures[name], 'registered', visitName),
            ms(figures[name], 'transformers', visitName),
          ),
          ratio(ms(figures[name], 'verified', visitName), ms(figures[name], 'main', visitName)),
        ]),
      );
    return [
      [
        'model',
        'visit',
        ...Object.values(sides),
        'perigee ÷ raw',
        'by name ÷ raw',
        'by name ÷ transformers.js',
        'floor by name ÷ raw',
      ],
      ...rows,
    ];
  },
  plot(figures) {
    return {
      file: 'starts.svg',
      title: 'Navigation to first answer, new browser on the same profile',
      unit: ' ms',
      groups: shown
        .filter(({ name }) => figures[name])
        .map(({ name, title }) => ({
          title,
          bars: Object.entries(figures[name]).map(([side, { later }]) => ({
            side,
            value: later.answerMs,
          })),
        })),
    };
  },
};
