import { f, goal, thousands } from '../../report/format.mjs';
import { sizeOfStore } from '../big-store.mjs';
import { measureQueries } from '../query.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Awaited<ReturnType<typeof measureQueries>>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const query = {
  name: 'query',
  title: 'Questions',
  note:
    'The store has a week of a large fleet: one row for each combination of 5 versions × 4 ' +
    'backends × 2 browsers × 16 groups × 168 hours, which is more than a real fleet has. ' +
    'Questions are asked over HTTP, one after the other, once the collector has done what it ' +
    "does after its start. CPU: the collector's, for one question.",
  run: ({ pick, model, folder, say }) =>
    measureQueries({
      folder,
      model,
      ...sizeOfStore(pick),
      rounds: pick(15, 3),
      say,
    }),
  table: ({ rows }) => [
    ['question', 'first', 'p50 ms', 'p95 ms', 'CPU ms'],
    ...Object.entries(rows).map(([name, { first, p50, p95, cpu }]) => [
      name,
      f(first),
      f(p50),
      f(p95),
      f(cpu),
    ]),
  ],
  goals: ({ rows, profiles }) => [
    goal(
      `drift over ${thousands(profiles)} profiles < 200 ms`,
      `p95 ${f(rows['drift, 24 h'].p95)} ms (CPU ${f(rows['drift, 24 h'].cpu)} ms)`,
      rows['drift, 24 h'].p95 < 200,
    ),
    goal(
      'overview page ≤ 150 ms',
      `p95 ${f(rows['overview page'].p95)} ms (CPU ${f(rows['overview page'].cpu)} ms)`,
      rows['overview page'].p95 <= 150,
    ),
    goal(
      'two versions over 7 days ≤ 300 ms',
      `p95 ${f(rows['two versions, 7 days'].p95)} ms (CPU ` +
        `${f(rows['two versions, 7 days'].cpu)} ms)`,
      rows['two versions, 7 days'].p95 <= 300,
    ),
  ],
};
