import { inLab } from '../browser.mjs';
import { WIDE } from '../../models/catalog.mjs';
import { f, mapValues, median, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').BySide<import('../types.d.ts').Carried>} Figures */

/** @type {Readonly<Record<string, string>>} */
const NAMES = {
  worker: 'hand-written, cloned',
  'worker:moved': 'hand-written, copied and moved',
  'worker:recycled': 'hand-written, copied into a buffer that the worker gives back',
  'worker:shared': 'hand-written, copied into shared memory',
  comlink: 'Comlink, cloned',
  perigee: 'perigee, the caller keeps its array',
};

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const carry = {
  name: 'carry',
  title: '602 KB into a worker',
  note:
    'Milliseconds p50 of a model that computes next to nothing with 224 × 224 × 3 floats. ' +
    "Carried: the round trip less the model's run as the worker times it. Sending: the time " +
    'that the main thread spends before the call returns. The bench checks that the ' +
    "caller's array is unchanged. The hand-written ways check nothing, and the last two carry " +
    'one call at a time.',
  async run({ browser, servers, pick, control, leaveOut }) {
    const { rows, leftOut } = await inLab(browser, servers.plain.url, 'carry', {
      model: WIDE.name,
      sides: ['worker', 'comlink', 'perigee'],
      rounds: pick(60, 10),
      calls: 10,
    });
    leaveOut(WIDE, leftOut);
    control('hand-written, cloned', rows.worker.roundTrip);
    return {
      figures: mapValues(rows, ({ roundTrip, carried, sending }) => ({
        roundTrip: median(roundTrip),
        carried: median(carried),
        sending: median(sending),
      })),
    };
  },
  table(figures) {
    return [
      ['way', 'round trip', 'carried', 'sending', 'carried ÷ cloned'],
      ...Object.entries(figures).map(([way, { roundTrip, carried, sending }]) => [
        NAMES[way] ?? way,
        f(roundTrip),
        f(carried),
        f(sending),
        ratio(carried, figures.worker?.carried),
      ]),
    ];
  },
};
