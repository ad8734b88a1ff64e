import { goal } from '../../report/format.mjs';
import { measurePairs, tally } from '../pairs.mjs';

/** @typedef {import('../../collector/types.d.ts').MonitorContext} Context */
/** @typedef {ReturnType<typeof tally>} Figures */

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const pairs = {
  name: 'pairs',
  title: 'Drift in pairs of samples',
  note:
    'Two samples each of one feature, 36 that drifted and 37 that did not: numbers that are ' +
    'shifted, spread, stuck, rounded or missing, and words with long tails. References have ' +
    '200 to 20,000 rows, windows 1,000 to 400,000 observations of 16 groups. An alarm is ' +
    'any finding of the rules as shipped. `node bench/alerts/pairs.mjs` prints the table ' +
    'and the pairs that are judged wrongly.',
  run: async ({ say }) => tally(measurePairs({ say })),
  table: ({ ours, naive }) => [
    ['', 'hits', 'misses', 'false', 'quiet'],
    ['perigee, as shipped', ...ours],
    ['PSI > 0.2', ...naive],
  ],
  goals: ({ ours }) => [goal('no false alarm', String(ours[2]), ours[2] === 0)],
};
