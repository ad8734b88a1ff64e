import { goal, percent } from '../../report/format.mjs';
import { measureDrift, METHODS } from '../drift.mjs';

/** @typedef {import('../../collector/types.d.ts').MonitorContext} Context */
/** @typedef {ReturnType<typeof measureDrift>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const drift = {
  name: 'drift',
  title: 'Drift: false alerts, power, delay',
  note:
    'Simulated fleets of 5,000 devices: 16 numbers and 4 categories, rows of a device ' +
    'correlated (0.3), activity from a few to hundreds of rows a day, next to none at ' +
    'night, half as much at weekends, four features that follow the time of day, one ' +
    'segment of 20 %, labels up to two days late. Every hour the last 24 hours are judged: ' +
    'by our findings and alert states as shipped (whole fleet and segment), and by three ' +
    'usual rules on the same counts (whole fleet; alarms less than six hours apart are one ' +
    'alert): PSI over 0.2; Kolmogorov–Smirnov (chi-square for categories) at 5 %; the mean ' +
    'outside of mean ± 3 standard deviations of ten reference days. A feature that was ' +
    'alarming when it began to drift counts as not found. KS is in alarm about some feature ' +
    'nearly all the time, and the three deviations half of the time, so nobody would notice ' +
    'their findings. Seeds are fixed.',
  run: ({ pick, say }) => measureDrift({ months: pick(6, 1), repeats: pick(5, 1), say }),
  table: ({ false: alerts, alarming, cases }) => [
    ['', ...Object.values(METHODS)],
    ['false alerts a month', ...Object.keys(METHODS).map((name) => alerts[name].toFixed(2))],
    [
      'share of drift-free hours in alarm',
      ...Object.keys(METHODS).map((name) => percent(alarming[name])),
    ],
    ...cases.map(({ name, methods }) => [
      `${name}: found, median hours`,
      ...Object.keys(METHODS).map((method) => {
        const { power, medianHours } = methods[method];
        return percent(power) + (medianHours === null ? '' : `, ${medianHours} h`);
      }),
    ]),
  ],
  goals: ({ false: { ours } }) => [
    goal('≤ 1 false alert a model and month', ours.toFixed(2), ours <= 1),
  ],
  plot: ({ alarming, cases, repeats }) => ({
    file: 'monitor-drift.svg',
    title:
      'Hours in alarm without drift (less is better); drift found within 5 days, of ' +
      `${repeats} fleets`,
    unit: ' %',
    groups: [
      { title: 'no drift: share of hours in alarm', of: alarming },
      ...cases.map(({ name, methods }) => ({
        title: name,
        of: Object.fromEntries(
          Object.entries(methods).map(([method, { power }]) => [method, power]),
        ),
      })),
    ].map(({ title, of }) => ({
      title,
      bars: Object.keys(METHODS).map((side) => ({ side, value: of[side] * 100 })),
    })),
  }),
};
