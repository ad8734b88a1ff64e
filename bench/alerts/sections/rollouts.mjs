import { goal, percent } from '../../report/format.mjs';
import { measureRollouts } from '../rollouts.mjs';
import { upperBound } from './upper-bound.mjs';

/** @typedef {import('../../collector/types.d.ts').MonitorContext} Context */
/** @typedef {ReturnType<typeof measureRollouts>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const rollouts = {
  name: 'rollouts',
  title: 'Six kinds of rollout',
  note:
    'Four days of a rollout in a fleet of 800 devices (small arms: 40 to 120), evaluated ' +
    'after every hour by the comparison that the guard acts on. A device finds the new ' +
    'version when it is used, and runs it from its next use on. Constant share: 50 %. Ramp: ' +
    '1, 5, 25 and 90 % of the devices, six hours each. Season: by day everything takes ' +
    'twice as long, and answers are wrong three times as often. Crash-looping devices: 0.5 ' +
    '% or 2 % of the devices fail in each hour, in one session or five, in a ramp or at 5 ' +
    '%. Wrong clocks: 3 % of the devices are up to five days behind or one day ahead, in a ' +
    'ramp with season, and everything became 1.6 times as slow a day before. Small arms: 50 ' +
    '% or 20 %, with season and crash-looping devices. Seeds are fixed.',
  run: ({ pick, say }) => measureRollouts({ runs: pick(1_000, 10), power: pick(50, 2), say }),
  table: (rows) => [
    [
      '',
      'equal versions judged harmful',
      ...rows[0].harms.map(({ harm }) => `${harm}: found, median days`),
    ],
    ...rows.map(({ name, runs, falseHarm, harms }) => [
      name,
      `${falseHarm} of ${runs} (at most ${percent(upperBound(falseHarm, runs), 2)} at 95 %)`,
      ...harms.map(
        ({ runs: of, found, medianHours }) =>
          `${found} of ${of}${medianHours === null ? '' : `, ${(medianHours / 24).toFixed(1)}`}`,
      ),
    ]),
  ],
  goals: (rows) => [
    goal(
      'false harm ≤ 1 % of rollouts in each scenario',
      rows.map(({ name, runs, falseHarm }) => `${name} ${percent(falseHarm / runs, 2)}`).join(', '),
      rows.every(({ runs, falseHarm }) => falseHarm / runs <= 0.01),
    ),
  ],
};
