import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Finding, RuleName, Severity } from './finding.ts';

/** A finding on one subject, and the windows in which it held. */
export interface Tracked {
  /** The latest finding. */
  readonly finding: Finding;
  /** UTC hours of the counted windows in which it held, ascending. */
  readonly heldHours: readonly number[];
  /** True once it held often enough. From then on it belongs to the alert. */
  readonly confirmed: boolean;
  /** When it last held, or was too close to the threshold to be clear of it. */
  readonly lastHeldMs: number;
}

/** The last notification, by subject. Later findings are compared with it. */
export interface Told {
  readonly atMs: number;
  readonly severity: Severity;
  readonly intervals: readonly {
    readonly subject: string;
    readonly low: number;
    readonly high: number;
  }[];
}

/**
 * A problem of a version under one rule and segment, over all subjects (features, backends). Stored
 * as JSON.
 */
export interface Alert {
  /**
   * 16 hex digits, derived from the alert's key and start, so that the same findings give the same
   * id.
   */
  readonly id: string;
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  /** `pending`: seen, but not often enough. No notification is sent. */
  readonly state: 'pending' | 'firing' | 'resolved';
  /** The highest severity while the alert was open. */
  readonly severity: Severity;
  /** The severity at opening, which may be lower. */
  readonly openedSeverity: Severity;
  readonly subjects: readonly Tracked[];
  /** The first bad hour: the last hour of the first window in which the finding held. */
  readonly sinceMs: number;
  /** When the collector confirmed it; null while pending. */
  readonly openedAtMs: number | null;
  readonly resolvedAtMs: number | null;
  /**
   * Id of the open alert that explains this one. This one is stored, but no notification is sent.
   */
  readonly inhibitedBy: string | null;
  readonly silenced: boolean;
  /** A person asked for quiet. Missing in alerts of an older collector. */
  readonly snoozed?: boolean;
  /** Why the last window could not decide whether the alert still holds; null when it could. */
  readonly undecided?: string | null;
  /** Since when none could. Missing in alerts of an older collector. */
  readonly undecidedSinceMs?: number | null;
  readonly told: Told | null;
}

/**
 * One transition of an alert. `updated`: it clearly got worse, or notifications are no longer
 * suppressed.
 */
export interface AlertEvent {
  /** Alert id, type and window hour, which identify a repeated event. */
  readonly id: string;
  readonly type: 'opened' | 'updated' | 'resolved';
  /**
   * Of `updated`. `worse`: it clearly got worse, or became a page. `told-late`: nothing covers it
   * any more. `snooze-over`: it is still open after a snooze.
   */
  readonly why: 'worse' | 'told-late' | 'snooze-over' | null;
  readonly atMs: number;
  /** False if the alert is inhibited or silenced, or resolved before any notification. */
  readonly notify: boolean;
  readonly alert: Alert;
}

/** Identifies the topic of an alert. At most one alert per key is open. */
export function alertKey({
  model,
  version,
  rule,
  segment,
}: Pick<Finding, 'model' | 'version' | 'rule' | 'segment'>): string {
  return JSON.stringify([model, version, rule, segment]);
}

export function alertId(key: string, sinceHour: number): string {
  return bytesToHex(sha256(utf8ToBytes(`${key} ${sinceHour}`))).slice(0, 16);
}

/**
 * The confirmed findings of an alert, largest excess over the threshold first. If none is
 * confirmed, all findings.
 */
export function findingsOf({ subjects }: Pick<Alert, 'subjects'>): readonly Finding[] {
  const confirmed = subjects.filter((one) => one.confirmed);
  return (confirmed.length > 0 ? confirmed : subjects)
    .map(({ finding }) => finding)
    .toSorted((a, b) => excess(b) - excess(a) || (a.subject < b.subject ? -1 : 1));
}

/** Ratio between value and threshold, at least 1 in either direction. */
export function excess({ effect: { value, threshold } }: Finding): number {
  const [large, small] = value >= threshold ? [value, threshold] : [threshold, value];
  return small > 0 ? large / small : Number.MAX_VALUE;
}
