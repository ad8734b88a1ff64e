import { f, goal, megabytes, thousands } from '../../report/format.mjs';
import { sizeOfStore } from '../big-store.mjs';
import { measureRestart } from '../query.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Awaited<ReturnType<typeof measureRestart>>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const restart = {
  name: 'restart',
  title: 'Start with that store',
  note: 'From the start of the process to the first answer of `/v1/health`.',
  run: ({ pick, model, folder, say }) =>
    measureRestart({
      folder,
      model,
      ...sizeOfStore(pick),
      rounds: pick(5, 2),
      say,
    }),
  table: ({ rows, bytes, times, cpu }) => [
    ['rows', 'file', 'times ms', 'CPU s'],
    [
      thousands(rows),
      megabytes(bytes),
      times.map(f).join(', '),
      cpu.map((seconds) => seconds.toFixed(2)).join(', '),
    ],
  ],
  goals: ({ times }) => [
    goal(
      'restart < 2 s',
      `${f(Math.max(...times))} ms at worst`,
      times.every((ms) => ms < 2_000),
    ),
  ],
};
