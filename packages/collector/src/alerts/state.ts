import { alertId, alertKey, excess } from './alert.ts';
import type { Alert, AlertEvent, Told, Tracked } from './alert.ts';
import type { Finding, Severity, Undecided } from './finding.ts';
import { applyMutes, isMuted } from './mutes.ts';
import type { Rules } from './thresholds.ts';
import { trackSubjects } from './subjects.ts';
import { faultFindings, undecidedOf } from './undecided.ts';
import { isWorse, toldOf } from './worse.ts';

const HOUR_MS = 3_600_000;

export interface Step {
  /** Pending and firing alerts, sorted by key. Resolved alerts are in their event. */
  readonly alerts: Alert[];
  readonly events: AlertEvent[];
}

/**
 * Advances alerts by one window. An alert opens when one of its findings held in enough of the
 * recent windows. It resolves when no finding held or was close to its threshold for
 * `keepFiringForMs`.
 * Repeating a window opens and resolves nothing twice.
 * @param open alerts returned by the previous step
 * @param times times of the window; `nowMs` must not decrease, and its UTC hour identifies the
 * window
 * @param undecided what the window could not decide: those alerts stay unchanged
 * @param snoozed ids of alerts that people want to hear nothing of
 */
export function step(
  open: readonly Alert[],
  findings: readonly Finding[],
  rules: Rules,
  times: Times,
  undecided: readonly Undecided[] = [],
  snoozed: ReadonlySet<string> = new Set(),
): Step {
  const { nowMs } = times;
  const known = new Map(
    open.filter(({ state }) => state !== 'resolved').map((alert) => [alertKey(alert), alert]),
  );
  const found = groupFindings([...findings, ...faultFindings(undecided, nowMs)], rules);
  const moves = [...new Set([...known.keys(), ...found.keys()])]
    .toSorted()
    .map((key) => advance(key, known.get(key), found.get(key) ?? [], rules, times, undecided));
  const events: AlertEvent[] = moves.flatMap(({ resolved }) =>
    resolved ? [resolvedEvent(resolved, rules, times, snoozed)] : [],
  );
  const alerts = applyMutes(
    moves.flatMap(({ alert }) => (alert ? [alert] : [])),
    rules,
    nowMs,
    snoozed,
  ).map((alert) => {
    const event = eventOf(alert, known.get(alertKey(alert)), rules, times);
    if (!event) return alert;
    events.push(event);
    return event.alert;
  });
  return { alerts, events };
}

/**
 * Groups the findings of enabled rules by alert and applies the rules' severities. Of two findings
 * on one subject, keeps the more severe one, then the one with the larger excess.
 */
function groupFindings(findings: readonly Finding[], { rules }: Rules): Map<string, Finding[]> {
  const groups = new Map<string, Map<string, Finding>>();
  for (const found of findings) {
    const settings = rules[found.rule];
    if (!settings.on) continue;
    const finding = { ...found, severity: settings.severity ?? found.severity };
    const key = alertKey(finding);
    const group = groups.get(key) ?? new Map<string, Finding>();
    groups.set(key, group);
    const other = group.get(finding.subject);
    if (!other || isGraver(finding, other)) group.set(finding.subject, finding);
  }
  return new Map(Array.from(groups, ([key, group]) => [key, [...group.values()]]));
}

function isGraver(a: Finding, b: Finding): boolean {
  return a.severity === b.severity ? excess(a) > excess(b) : a.severity === 'page';
}

interface Move {
  readonly alert?: Alert;
  readonly resolved?: Alert;
}

/**
 * `nowMs`: the end of the window. `seenAtMs`: the time of the evaluation, at which alerts open and
 * resolve.
 */
export interface Times {
  readonly nowMs: number;
  readonly seenAtMs: number;
}

function advance(
  key: string,
  old: Alert | undefined,
  findings: readonly Finding[],
  rules: Rules,
  { nowMs, seenAtMs }: Times,
  undecided: readonly Undecided[],
): Move {
  const about = old ?? findings[0];
  if (!about) return {};
  const { on, forWindows } = rules.rules[about.rule];
  const keptBy = (subject: string): Undecided | undefined =>
    on ? undecidedOf(undecided, about, subject) : undefined;
  const subjects = trackSubjects(
    old?.subjects ?? [],
    findings,
    forWindows,
    rules.keepFiringForMs,
    nowMs,
    (subject) => keptBy(subject)?.kind,
  );
  const confirmed = subjects.filter((one) => one.confirmed);
  if (old?.state === 'firing') {
    if (confirmed.length > 0)
      return {
        alert: {
          ...withDoubt(old, confirmed, findings, keptBy, seenAtMs),
          subjects,
          severity: gravest(confirmed, old.severity),
        },
      };
    // Findings that were seen meanwhile, but not often enough, may become the next alert.
    return {
      resolved: { ...old, state: 'resolved', resolvedAtMs: seenAtMs, inhibitedBy: null },
      ...(subjects.length > 0 && { alert: pending(key, about, subjects, nowMs) }),
    };
  }
  if (subjects.length === 0) return {};
  const alert = old
    ? { ...old, subjects, severity: gravest(subjects) }
    : pending(key, about, subjects, nowMs);
  if (confirmed.length === 0) return { alert };
  const severity = gravest(confirmed);
  return {
    alert: {
      ...alert,
      state: 'firing',
      severity,
      openedSeverity: severity,
      sinceMs: Math.min(
        ...confirmed.map(({ heldHours }) => lastHourOf((heldHours[0] ?? 0) * HOUR_MS)),
      ),
      openedAtMs: seenAtMs,
    },
  };
}

/** Records on an open alert why this window could not decide whether it still holds, if so. */
function withDoubt(
  alert: Alert,
  confirmed: readonly Tracked[],
  findings: readonly Finding[],
  keptBy: (subject: string) => Undecided | undefined,
  seenAtMs: number,
): Alert {
  const held = new Set(findings.map(({ subject }) => subject));
  if (confirmed.some(({ finding: { subject } }) => held.has(subject)))
    return { ...alert, undecided: null, undecidedSinceMs: null };
  const doubt = confirmed
    .map(({ finding: { subject } }) => keptBy(subject))
    .find((one) => one && one.kind !== 'near');
  return {
    ...alert,
    undecided: doubt?.reason ?? null,
    undecidedSinceMs: doubt ? (alert.undecidedSinceMs ?? seenAtMs) : null,
  };
}

function pending(
  key: string,
  { rule, model, version, segment }: Pick<Alert, 'rule' | 'model' | 'version' | 'segment'>,
  subjects: readonly Tracked[],
  nowMs: number,
): Alert {
  const severity = gravest(subjects);
  return {
    id: alertId(key, Math.floor(nowMs / HOUR_MS)),
    rule,
    model,
    version,
    segment,
    severity,
    openedSeverity: severity,
    subjects,
    state: 'pending',
    sinceMs: lastHourOf(nowMs),
    openedAtMs: null,
    resolvedAtMs: null,
    inhibitedBy: null,
    silenced: false,
    told: null,
  };
}

/**
 * Start of the window's last hour, in which the problem appeared. Unlike the end of the window, it
 * is never in the future.
 */
function lastHourOf(endMs: number): number {
  return endMs - HOUR_MS;
}

function gravest(subjects: readonly Tracked[], atLeast: Severity = 'ticket'): Severity {
  return subjects.some(({ finding }) => finding.severity === 'page') ? 'page' : atLeast;
}

/**
 * The event of an open alert in this window, if any. The event's alert records the notification.
 */
function eventOf(
  alert: Alert,
  before: Alert | undefined,
  { repeatAfterMs }: Rules,
  times: Times,
): AlertEvent | undefined {
  if (alert.state !== 'firing') return undefined;
  const { nowMs } = times;
  const muted = isMuted(alert);
  const told: Told | null = muted ? alert.told : toldOf(alert, nowMs);
  if (before?.state !== 'firing') return eventAt('opened', { ...alert, told }, !muted, times);
  if (muted) return undefined;
  const updated = (why: AlertEvent['why']): AlertEvent =>
    eventAt('updated', { ...alert, told }, true, times, why);
  if (before.snoozed === true) return updated('snooze-over');
  if (alert.told === null) return updated('told-late');
  // Escalations skip the repeat interval: a notifier for pages must not wait for it.
  const graver = alert.severity !== alert.told.severity;
  return graver || (nowMs - alert.told.atMs >= repeatAfterMs && isWorse(alert, alert.told))
    ? updated('worse')
    : undefined;
}

function resolvedEvent(
  alert: Alert,
  rules: Rules,
  times: Times,
  snoozed: ReadonlySet<string>,
): AlertEvent {
  const [muted = alert] = applyMutes([alert], rules, times.nowMs, snoozed);
  return eventAt('resolved', muted, alert.told !== null && !muted.silenced, times);
}

function eventAt(
  type: AlertEvent['type'],
  alert: Alert,
  notify: boolean,
  { nowMs, seenAtMs }: Times,
  why: AlertEvent['why'] = null,
): AlertEvent {
  return {
    id: `${alert.id}:${type}:${Math.floor(nowMs / HOUR_MS)}`,
    type,
    why,
    atMs: seenAtMs,
    notify,
    alert,
  };
}
