import type { Alert } from './alert.ts';

const HOUR_MS = 3_600_000;

/**
 * Adapts alerts to a clock that was ahead and has been set back to `hour`: later times are replaced
 * by the current one.
 */
export function setBack(alerts: readonly Alert[], hour: number): Alert[] {
  const nowMs = hour * HOUR_MS;
  const past = (ms: number): number => Math.min(ms, nowMs);
  return alerts.map((alert) => ({
    ...alert,
    sinceMs: past(alert.sinceMs),
    openedAtMs: alert.openedAtMs === null ? null : past(alert.openedAtMs),
    undecidedSinceMs: alert.undecidedSinceMs ? past(alert.undecidedSinceMs) : null,
    told: alert.told && { ...alert.told, atMs: past(alert.told.atMs) },
    subjects: alert.subjects.map((one) => ({
      ...one,
      lastHeldMs: past(one.lastHeldMs),
      heldHours: one.heldHours.filter((held) => held <= hour),
    })),
  }));
}
