const HOUR_MS = 3_600_000;

/**
 * A window that is looked at when it ends, in the form that `step` of the alerts takes.
 * @param {number} hour
 */
export function windowThatEnds(hour) {
  return { nowMs: hour * HOUR_MS, seenAtMs: hour * HOUR_MS };
}
