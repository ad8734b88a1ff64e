import { createHash } from 'node:crypto';
import type { Finding, RuleName, Severity } from './finding.ts';

/** A finding of one subject, and in which windows it held. */
export interface Tracked {
  /** As it was last found. */
  readonly finding: Finding;
  /** Hours of the windows it held in, of those that still count, rising. */
  readonly heldHours: readonly number[];
  /** It held often enough; from then on it belongs to the alert. */
  readonly confirmed: boolean;
  readonly lastHeldMs: number;
}

/** What people were last told, by subject: what comes next is measured against it. */
export interface Told {
  readonly atMs: number;
  readonly severity: Severity;
  readonly intervals: readonly { readonly subject: string; readonly low: number; readonly high: number }[];
}

/** What is wrong with a version by one rule in one segment, over all subjects (features, backends). JSON. */
export interface Alert {
  /** 16 hex digits, made of what the alert is about and when it began: the same findings give the same id. */
  readonly id: string;
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  /** Pending: seen, not yet often enough. Nobody is told. */
  readonly state: 'pending' | 'firing' | 'resolved';
  /** The gravest while it was open. */
  readonly severity: Severity;
  /** As what it was opened, which may be less. */
  readonly openedSeverity: Severity;
  readonly subjects: readonly Tracked[];
  /** The first bad hour: the start of the last hour of the first window that it held in. */
  readonly sinceMs: number;
  /** When it was looked at and found to hold often enough. */
  readonly openedAtMs: number | null;
  readonly resolvedAtMs: number | null;
  /** Id of the open alert that explains this one; it is kept, but nobody is told. */
  readonly inhibitedBy: string | null;
  readonly silenced: boolean;
  /** Why the last window could not tell whether it still holds; null when it could. */
  readonly undecided?: string | null;
  /** Since when none could. Missing in alerts of an older collector. */
  readonly undecidedSinceMs?: number | null;
  readonly told: Told | null;
}

/** One transition. `updated`: it got clearly worse, or people may hear of it only now. */
export interface AlertEvent {
  /** The alert's id, the kind and the window's hour: a repeat is known by it. */
  readonly id: string;
  readonly type: 'opened' | 'updated' | 'resolved';
  readonly atMs: number;
  /** False for what is inhibited, silenced, or over before anyone heard of it. */
  readonly notify: boolean;
  readonly alert: Alert;
}

/** What an alert is about; there is at most one open alert of each. */
export function alertKey({ model, version, rule, segment }: Pick<Finding, 'model' | 'version' | 'rule' | 'segment'>): string {
  return JSON.stringify([model, version, rule, segment]);
}

export function alertId(key: string, sinceHour: number): string {
  return createHash('sha256').update(`${key} ${sinceHour}`).digest('hex').slice(0, 16);
}

/** Its confirmed findings, those farthest beyond their threshold first. All that were ever found, while none is confirmed. */
export function findingsOf({ subjects }: Pick<Alert, 'subjects'>): readonly Finding[] {
  const confirmed = subjects.filter((one) => one.confirmed);
  return (confirmed.length > 0 ? confirmed : subjects).map(({ finding }) => finding).toSorted((a, b) => excess(b) - excess(a) || (a.subject < b.subject ? -1 : 1));
}

/** How far beyond the threshold, as a ratio of at least 1 in either direction. */
export function excess({ effect: { value, threshold } }: Finding): number {
  const [large, small] = value >= threshold ? [value, threshold] : [threshold, value];
  return small > 0 ? large / small : Number.MAX_VALUE;
}
