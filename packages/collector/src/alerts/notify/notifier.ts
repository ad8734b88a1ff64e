import type { AlertEvent } from '../alert.ts';
import { findingsOf } from '../alert.ts';
import type { Finding, RuleName, Severity } from '../finding.ts';

/** One event of one alert as people are told of it. JSON; what webhooks send. Times are ISO 8601 in UTC. */
export interface Notice {
  /** The event's id. A notice is delivered at least once: receivers know a repeat by it. */
  readonly id: string;
  readonly event: AlertEvent['type'];
  readonly alert: string;
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly severity: Severity;
  readonly since: string;
  readonly at: string;
  /** Those farthest beyond their threshold, at most 20; the first is what a short message is about. */
  readonly findings: readonly Finding[];
  /** Of how many. */
  readonly subjects: number;
  readonly url: string;
}

/** What is told at once: all that happened to a version meanwhile. Each alert once. */
export interface AlertGroup {
  readonly model: string;
  readonly version: string;
  readonly url: string;
  /** At least one. */
  readonly notices: readonly Notice[];
}

/** One way to tell people. */
export interface Notifier {
  /** Resolves when it was delivered. @throws Error when it was not; it is tried again later */
  send(group: AlertGroup): Promise<void>;
}

const MAX_FINDINGS = 20;

export function noticeOf({ id, type, atMs, alert }: AlertEvent, publicUrl: string): Notice {
  const findings = findingsOf(alert);
  const { rule, model, version, segment, severity } = alert;
  return {
    id, event: type, alert: alert.id, rule, model, version, segment, severity,
    since: new Date(alert.sinceMs).toISOString(),
    at: new Date(atMs).toISOString(),
    findings: findings.slice(0, MAX_FINDINGS),
    subjects: findings.length,
    url: permalink(publicUrl, model, version, { feature: findings[0]?.subject ?? '', alert: alert.id }),
  };
}

/** The dashboard's page of a version; empty parameters are left out. */
export function permalink(publicUrl: string, model: string, version: string, parameters: Readonly<Record<string, string>> = {}): string {
  // What is wrong with the collector itself is about no model.
  const url = new URL(model === '' ? 'alerts' : `models/${encodeURIComponent(model)}`, publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`);
  for (const [name, value] of Object.entries({ version, ...parameters })) if (value !== '') url.searchParams.set(name, value);
  return url.href;
}
