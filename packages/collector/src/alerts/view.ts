import type { AlertView } from '../api.ts';
import { findingsOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { NO_RESPONSES } from './log/alert-log.ts';
import type { Responses } from './log/alert-log.ts';
import { headlineOf } from './words/headline.ts';
import { impactOf } from './words/impact-words.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** An alert as routes answer it; undefined for one that did not open. */
export function viewOf(
  alert: Alert,
  { acknowledged, snoozed }: Responses = NO_RESPONSES,
): AlertView | undefined {
  const { id, rule, model, version, segment, severity, inhibitedBy } = alert;
  const { sinceMs, openedAtMs, resolvedAtMs, undecided = null, undecidedSinceMs = null } = alert;
  const findings = findingsOf(alert);
  const [worst] = findings;
  if (!worst || openedAtMs === null) return undefined;
  const isOpen = alert.state !== 'resolved';
  return {
    id,
    rule,
    model,
    version,
    segment,
    severity,
    inhibitedBy,
    state: isOpen ? 'open' : 'resolved',
    undecided: isOpen ? undecided : null,
    undecidedSince: isOpen && undecidedSinceMs !== null ? iso(undecidedSinceMs) : null,
    acknowledged: acknowledged && {
      by: acknowledged.by,
      at: iso(acknowledged.atMs),
      note: acknowledged.note,
    },
    snoozed:
      snoozed && isOpen
        ? {
            by: snoozed.by,
            at: iso(snoozed.atMs),
            note: snoozed.note,
            until: snoozed.untilMs === null ? 'next-version' : iso(snoozed.untilMs),
          }
        : null,
    openedAt: iso(openedAtMs),
    // Older collectors stored the end of the window as `sinceMs`, which may be later than the
    // opening.
    since: iso(Math.min(sinceMs, openedAtMs)),
    resolvedAt: resolvedAtMs === null ? null : iso(resolvedAtMs),
    headline: headlineOf(findings),
    impact: impactOf(worst.impact),
    summary: worst.summary,
    effect: worst.effect,
    devices: worst.devices,
    subjects: findings.map(({ subject }) => subject).filter((subject) => subject !== ''),
    topFeatures: worst.topFeatures,
    firstVersionSeen: worst.firstVersionSeen,
  };
}
