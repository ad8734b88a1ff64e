import { visit } from '../browser.mjs';
import { f, mapValues, medians, ratio } from '../../report/format.mjs';
import { shuffle } from '../../report/shuffle.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').BySide<StoredTimes>} Figures */
/** @typedef {import('../types.d.ts').StoredTimes} StoredTimes */

const SIDES = {
  stored: 'by hand: one ArrayBuffer in IndexedDB, not verified',
  registered: 'perigee: by name, verified',
  verified: 'floor: by hand, one Blob, verified',
};

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const stored = {
  name: 'stored',
  slow: true,
  title: 'Warm start of 45 MB',
  note:
    'The encoder, in a new browser on the same profile after a visit and a reload; ' +
    "milliseconds, median; the workers' own times. Read: until the bytes are there. perigee " +
    'begins to read and verify before its worker is asked to open the model, so this is the ' +
    'rest of it; the floor verifies while the session is made. Create: the session. Open: ' +
    'script to a model that can answer. Answer: script to first answer. On all sides, create ' +
    'includes the remaining wait for the start of the runtime.',
  async run({ executablePath, servers, pick, say, control }) {
    /** @type {Record<string, StoredTimes[]>} */
    const runs = mapValues(SIDES, () => []);
    for (let round = 0; round < pick(5, 1); round += 1) {
      for (const side of shuffle(Object.keys(SIDES))) {
        say(`${side}, ${round + 1}`);
        const { later } = await visit(executablePath, servers.plain, { side, model: 'minilm' }, [
          'first',
          'reload',
          'later',
        ]);
        runs[side].push({
          read: later.timing.readMs,
          create: later.timing.createMs,
          open: later.openMs - later.scriptMs,
          answer: later.answerMs - later.scriptMs,
        });
      }
    }
    control(
      'by hand',
      runs.stored.map(({ answer }) => answer),
    );
    return {
      figures: mapValues(runs, medians),
    };
  },
  table(figures) {
    return [
      ['way', 'read', 'create', 'open', 'answer', 'read ÷ by hand', 'open ÷ by hand'],
      ...Object.entries(SIDES).map(([side, title]) => {
        const { read, create, open, answer } = figures[side];
        return [
          title,
          f(read),
          f(create),
          f(open),
          f(answer),
          ratio(read, figures.stored.read),
          ratio(open, figures.stored.open),
        ];
      }),
    ];
  },
};
