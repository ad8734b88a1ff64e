// The goals of the design, "What it must reach", judged by the figures of the sections. People add
// the reasons.
import { GOALS_OF_CALLS } from './goals-of-calls.mjs';
import { GOALS_OF_LOADING } from './goals-of-loading.mjs';

/** @typedef {import('../runtime/types.d.ts').Figures} Figures */
/** @typedef {import('./checks.mjs').Check} Check */
/** @typedef {import('./checks.mjs').Goal} Goal */

const GOALS = [...GOALS_OF_CALLS, ...GOALS_OF_LOADING];

/**
 * @param {Partial<Figures>} figures
 * @returns {string[][]} rows with a head; a row says so if its goal's section was not run, or its
 *   peer is absent
 */
export function goalsTable(figures) {
  const rows = GOALS.map((goal) => {
    const checks = known(() =>
      goal.measure(/** @type {Figures} */ (figures)).filter(({ value }) => Number.isFinite(value)),
    );
    const missed = checks?.some(({ reached }) => !reached);
    return [
      goal.goal,
      (checks ?? [])
        .map(({ label, shown, reached }) => `${label} ${shown}${reached ? '' : ' ✗'}`)
        .join(', ') || '–',
      verdict(checks ?? []),
      (missed && known(() => goal.floor?.(/** @type {Figures} */ (figures)))) || '–',
    ];
  });
  return [['goal', 'measured', 'reached', 'floor of the same run'], ...rows];
}

/** @param {readonly Check[]} checks */
function verdict(checks) {
  const met = checks.filter(({ reached }) => reached).length;
  if (checks.length === 0) return 'not measured';
  if (met === checks.length) return 'yes';
  return met === 0 ? 'no' : `${met} of ${checks.length}`;
}

/**
 * A value from the figures; undefined where a section or a side is missing.
 * @template Value
 * @param {() => Value} compute
 */
function known(compute) {
  try {
    return compute();
  } catch {
    return undefined;
  }
}
