import type { Tracked } from './alert.ts';
import type { Finding, Undecided } from './finding.ts';
import type { ForWindows } from './thresholds.ts';

const HOUR_MS = 3_600_000;

/**
 * Advances the subjects of an alert by one window. Current findings are added, and subjects seen too
 * rarely are dropped. A confirmed subject stays until it was clear of its threshold for `keepMs`: a
 * single window below the threshold proves as little as a single window above it. Subjects that the
 * window could not decide stay unchanged.
 */
export function trackSubjects(
  before: readonly Tracked[],
  findings: readonly Finding[],
  { holds, of }: ForWindows,
  keepMs: number,
  nowMs: number,
  doubtOf: (subject: string) => Undecided['kind'] | undefined,
): Tracked[] {
  const hour = Math.floor(nowMs / HOUR_MS);
  const known = new Map(before.map((one) => [one.finding.subject, one]));
  const current = new Map(findings.map((finding) => [finding.subject, finding]));
  const subjects = [...new Set([...known.keys(), ...current.keys()])].toSorted();
  return subjects.flatMap((subject) => {
    const old = known.get(subject);
    const finding = current.get(subject) ?? old?.finding;
    if (!finding) return [];
    const holdsNow = current.has(subject);
    const doubt = holdsNow ? undefined : doubtOf(subject);
    if (old && doubt === 'near' && old.confirmed) return [{ ...old, lastHeldMs: nowMs }];
    if (old && doubt) return [old];
    const held = (old?.heldHours ?? []).filter((one) => one > hour - of && one !== hour);
    // Repeating a window removes nothing, except that it could not be judged.
    const stands = old?.heldHours.includes(hour) === true && finding.rule !== 'cannot-judge';
    const heldHours = holdsNow || stands ? [...held, hour] : held;
    const lastHeldMs = holdsNow ? nowMs : (old?.lastHeldMs ?? nowMs);
    const stays = old?.confirmed === true && (holdsNow || nowMs - lastHeldMs < keepMs);
    const confirmed = stays || heldHours.length >= holds;
    return confirmed || heldHours.length > 0 ? [{ finding, heldHours, confirmed, lastHeldMs }] : [];
  });
}
