import type { Alert, Told } from './alert.ts';

/** Records what a notification of this alert says. */
export function toldOf({ severity, subjects }: Alert, atMs: number): Told {
  const intervals = subjects
    .filter(({ confirmed }) => confirmed)
    .map(({ finding: { subject, effect } }) => ({ subject, low: effect.low, high: effect.high }));
  return { atMs, severity, intervals };
}

/**
 * True if the alert is clearly worse than the last notification: it has a new subject, or the
 * interval of a subject lies entirely beyond the notified one. Overlapping intervals may be due to
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
