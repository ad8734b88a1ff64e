import { inLab } from '../browser.mjs';
import { f, mapValues, median, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */
/** @typedef {import('../types.d.ts').Figures['sessions']} Figures */

const FILES = [
  'mobilenet',
  'mobilenet-int8',
  'mobilenet-optimised',
  'minilm',
  'minilm-optimised',
  'minilm-int8',
  'minilm-int8-optimised',
];

/** @type {import('../../report/types.d.ts').Section<Figures, Context>} */
export const sessions = {
  name: 'sessions',
  slow: true,
  title: 'Session creation',
  note:
    'Milliseconds, median: `loadTiming.createMs` of perigee by name from a warm store, each ' +
    'in its own worker. The time runs from the end of the read to a session; the file is ' +
    'verified. The runtime starts while the file is read, and the figure includes the rest ' +
    'of that start. `-optimised`: the graph as ONNX Runtime leaves it after its portable ' +
    'optimisations, written at build time. Floor: the same files by hand, each read from ' +
    'IndexedDB and verified in a worker of its own.',
  async run({ browser, servers, pick, say, control, leaveOut }) {
    const { ms, leftOut } = await inLab(browser, servers.plain.url, 'sessions', {
      files: FILES,
      rounds: pick(9, 2),
    });
    say('');
    leaveOut({ title: 'sessions' }, leftOut);
    for (const file of ['mobilenet', 'minilm']) control(file, ms.byHand[file] ?? []);
    return {
      figures: {
        perigee: mapValues(ms.perigee, median),
        byHand: mapValues(ms.byHand, median),
      },
    };
  },
  table({ perigee, byHand }) {
    const rows = FILES.filter((file) => perigee[file] !== undefined).map((file) => {
      const [asItIs] = file.split('-');
      return [
        file,
        f(perigee[file]),
        f(byHand[file]),
        ratio(perigee[file], perigee[asItIs]),
        ratio(byHand[file], byHand[asItIs]),
      ];
    });
    const head = ['model', 'create', 'floor', '÷ fp32 as it is', 'floor ÷ fp32 as it is'];
    return [head, ...rows];
  },
};
