import { inLab } from '../browser.mjs';
import { f, mapValues, median, ratio } from '../../report/format.mjs';

/** @typedef {import('../types.d.ts').Context} Context */

const FILES = [
  'mobilenet',
  'mobilenet-int8',
  'mobilenet-optimised',
  'minilm',
  'minilm-optimised',
  'minilm-int8',
  'minilm-int8-optimised',
];

/** @type {import('../../report/types.d.ts').Section<Record<string, number>, Context>} */
export const sessions = {
  name: 'sessions',
  slow: true,
  title: 'Session creation',
  note:
    'Milliseconds, median: `loadTiming.createMs` of perigee by name from a warm store, each ' +
    'in its own worker. The time runs from the end of the read to a session; the file is ' +
    'verified. The runtime starts while the file is read, and the figure includes the rest ' +
    'of that start. `-optimised`: the graph as ONNX Runtime leaves it after its portable ' +
    'optimisations, written at build time.',
  async run({ browser, servers, pick, say, control, leaveOut }) {
    const { ms, leftOut } = await inLab(browser, servers.plain.url, 'sessions', {
      files: FILES,
      rounds: pick(9, 2),
    });
    say('');
    leaveOut({ title: 'sessions' }, leftOut);
    for (const file of ['mobilenet', 'minilm']) control(file, ms[file] ?? []);
    return { figures: mapValues(ms, median) };
  },
  table(figures) {
    const rows = FILES.filter((file) => figures[file] !== undefined).map((file) => [
      file,
      f(figures[file]),
      ratio(figures[file], figures[file.split('-')[0]]),
    ]);
    return [['model', 'create', '÷ fp32 as it is'], ...rows];
  },
};
