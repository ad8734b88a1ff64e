import { inLab } from '../browser.mjs';
import { MODELS } from '../../models/catalog.mjs';
import { f, mapValues, median, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').Figures['concurrency']} Figures */

const VERSUS_COMLINK = 32;
const SIDES = ['worker', 'comlink', 'proxy', 'perigee'];

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const concurrency = {
  name: 'concurrency',
  title: 'Concurrent predictions',
  note:
    'Predictions a second when many single predictions are requested at once, each with its ' +
    'own input. The callers do not say that the predictions belong together. Small models ' +
    "get 64 at once, large models fewer, and then 32 against Comlink. The other sides' " +
    'messages are pipelined. `predictMany` is one call of the SDK with all inputs. One batch by ' +
    'hand: one message with all rows and one run, in the worker; the answers are split by hand.',
  async run({ browser, servers, pick, few, say, control, leaveOut }) {
    /** @type {Figures} */
    const figures = {};
    for (const model of few(MODELS)) {
      for (const burst of new Set([model.burst, model.large ? model.burst : VERSUS_COMLINK])) {
        say(`${model.title}, ${burst} at once`);
        const { ms, leftOut } = await inLab(browser, servers.plain.url, 'concurrency', {
          model: model.name,
          sides: SIDES,
          burst,
          rounds: model.large ? pick(8, 2) : pick(150, 20),
        });
        leaveOut(model, leftOut);
        control(`${model.title}, ${burst} at once`, ms.worker);
        (figures[model.name] ??= {})[burst] = mapValues(ms, (list) => ({
          ms: median(list),
          perSecond: (burst / median(list)) * 1000,
        }));
      }
    }
    return { figures };
  },
  table(figures) {
    /** @param {import('../types.d.ts').Burst | undefined} times */
    const rate = (times) => (times ? Math.round(times.perSecond).toLocaleString('en') : '–');
    const rows = MODELS.filter(({ name }) => figures[name]).flatMap(({ name, title }) =>
      Object.entries(figures[name]).map(([burst, of]) => [
        title,
        burst,
        rate(of.worker),
        rate(of.comlink),
        rate(of.proxy),
        rate(of.perigee),
        rate(of['perigee:many']),
        rate(of['worker:batch']),
        ratio(of.perigee?.perSecond, of.worker?.perSecond),
        ratio(of.perigee?.perSecond, of.comlink?.perSecond),
        f(of.perigee?.ms),
      ]),
    );
    return [
      [
        'model',
        'at once',
        'worker /s',
        'comlink /s',
        'proxy /s',
        'perigee /s',
        'predictMany /s',
        'one batch by hand /s',
        'perigee ÷ worker',
        'perigee ÷ comlink',
        'all answered, perigee ms',
      ],
      ...rows,
    ];
  },
  plot(figures) {
    return {
      file: 'concurrency.svg',
      title:
        'Predictions a second when many are asked for at once, relative to a hand-written worker',
      unit: '×',
      reference: 1,
      groups: MODELS.filter(({ name, burst }) => figures[name]?.[burst]?.worker).map(
        ({ name, title, burst }) => ({
          title: `${title}, ${burst}`,
          bars: Object.entries(figures[name][burst])
            .filter(([side]) => side !== 'worker')
            .map(([side, { perSecond }]) => ({
              side,
              value: perSecond / figures[name][burst].worker.perSecond,
            })),
        }),
      ),
    };
  },
};
