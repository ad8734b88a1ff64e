import { goal, percent, thousands } from '../../report/format.mjs';
import { measureCanary } from '../canary.mjs';
import { upperBound } from './upper-bound.mjs';

/** @typedef {import('../../collector/types.d.ts').MonitorContext} Context */
/** @typedef {ReturnType<typeof measureCanary>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const canary = {
  name: 'canary',
  title: 'Canary under continuous monitoring',
  note:
    'The comparison that the guard acts on, evaluated every ten minutes for a day, within ' +
    'hours too, with 2,000 devices of either version. Devices differ in how often their ' +
    'sessions fail (Beta) and in latency. A third of the sessions are delivered hours ' +
    'later. Harm: the verdict. For comparison: each e-process alone at 100, and a two-sided ' +
    'z test at 5 % over all sessions.',
  run: ({ pick, say }) => measureCanary({ runs: pick(400, 10), power: pick(40, 3), say }),
  table: ({ runs, falseHarm, falseRate, falseLatency, naive, cases }) => [
    [
      '',
      'judged harmful',
      'sessions of the new version until then, median (9 of 10)',
      'one e-process alone, median',
    ],
    [
      `equal versions, ${runs} rollouts`,
      `${falseHarm} (${percent(falseHarm / runs, 2)}; at most ` +
        `${percent(upperBound(falseHarm, runs), 2)} at 95 %)`,
      '–',
      `failures ${percent(falseRate / runs, 2)}, latency ${percent(falseLatency / runs, 2)}`,
    ],
    ['equal versions, z test', `${naive} (${percent(naive / runs, 1)})`, '–', '–'],
    ...cases.map(({ name, runs: of, found, median, p90, oneTestMedian }) => [
      name,
      `${found} of ${of}`,
      `${count(median)} (${count(p90)})`,
      count(oneTestMedian),
    ]),
  ],
  goals: ({ falseHarm, runs }) => [
    goal(
      'type I error ≤ 1 % under continuous monitoring',
      `${percent(falseHarm / runs, 2)} of ${runs}`,
      falseHarm / runs <= 0.01,
    ),
  ],
};

/** @param {number | null} value number of sessions; null or infinite if there is none */
function count(value) {
  return value !== null && Number.isFinite(value) ? thousands(value) : 'not found';
}
