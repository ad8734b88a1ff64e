import type { Alert, Told } from './alert.ts';

/** What people know once they are told of an alert. */
export function toldOf({ severity, subjects }: Alert, atMs: number): Told {
  const intervals = subjects.filter(({ confirmed }) => confirmed).map(({ finding: { subject, effect } }) => ({ subject, low: effect.low, high: effect.high }));
  return { atMs, severity, intervals };
}

/**
 * Clearly worse than people were told: a subject more, or one whose interval lies wholly beyond the one that was told. Overlapping intervals may be
 * chance.
 */
export function isWorse({ subjects }: Alert, { intervals }: Told): boolean {
  const known = new Map(intervals.map((one) => [one.subject, one]));
  return subjects.some(({ confirmed, finding: { subject, effect } }) => {
    if (!confirmed) return false;
    const before = known.get(subject);
    if (!before) return true;
    return effect.value >= effect.threshold ? effect.low > before.high : effect.high < before.low;
  });
}
