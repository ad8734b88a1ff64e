import { f, goal, percent, thousands } from '../../report/format.mjs';
import { sizeOfStore } from '../big-store.mjs';
import { measureBeside } from '../beside.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Awaited<ReturnType<typeof measureBeside>>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const beside = {
  name: 'beside',
  title: 'Uploads beside questions',
  note:
    'The same store in a collector that takes uploads at an even rate, over 256 connections. ' +
    'Milliseconds count from when an upload was due, so they include waiting for a ' +
    'connection. The monitor looks more often than each minute, to make its effect visible. ' +
    'All five versions are in their first week, so a look compares four pairs of them. ' +
    'Questions are asked one after the other with a pause of a second. CPU: share of a core ' +
    'that the thread with the uploads used, which hardly depends on the load of the ' +
    'machine.',
  run: ({ pick, model, referenceFile, folder, say }) =>
    measureBeside({
      folder,
      model,
      referenceFile,
      ...sizeOfStore(pick),
      seconds: pick(30, 12),
      warmSeconds: pick(6, 4),
      perSecond: 100,
      lookMs: pick(15_000, 4_000),
      say,
    }),
  table: ({ rows }) => [
    [
      'meanwhile',
      'acknowledged profiles/s',
      'p50 ms',
      'p99 ms',
      'worst ms',
      'refused',
      'answers meanwhile',
      'CPU of the thread that takes uploads',
    ],
    ...rows.map(({ name, reached, p50, p99, worst, refused, asked, mainShare }) => [
      name,
      thousands(reached),
      f(p50),
      f(p99),
      f(worst),
      refused,
      asked ?? '–',
      Number.isFinite(mainShare) ? percent(mainShare, 1) : '–',
    ]),
  ],
  goals: ({ rows }) => [
    goal(
      'p99 < 100 ms at 256 connections beside the monitor and questions',
      [...rows.slice(1), rows[0]].map(({ name, p99 }) => `${f(p99)} ms (${name})`).join(', '),
      rows.every(({ p99 }) => p99 < 100),
    ),
  ],
};
