import type { AlertEvent } from '../alert.ts';
import { findingsOf } from '../alert.ts';
import { headlineOf } from '../words/headline.ts';
import { impactOf } from '../words/impact-words.ts';
import type { Finding, RuleName, Severity } from '../finding.ts';

/**
 * One event of one alert, as sent to people and in the JSON of webhooks. Times are ISO 8601 in UTC.
 */
export interface Notice {
  /** Id of the event. Delivery is at least once, so receivers use it to recognise repeats. */
  readonly id: string;
  readonly event: AlertEvent['type'];
  /** Why people hear of an open alert again; null for other events. */
  readonly why: AlertEvent['why'];
  readonly alert: string;
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly severity: Severity;
  /** The problem in plain words. */
  readonly headline: string;
  /** Effects that users notice; '' where nothing was counted. */
  readonly impact: string;
  readonly since: string;
  readonly at: string;
  /**
   * At most 20 findings, largest excess over the threshold first. Short messages describe the first
   * one.
   */
  readonly findings: readonly Finding[];
  /** Total number of findings. */
  readonly subjects: number;
  /** Page of the alert. */
  readonly url: string;
  /** Page with the steps to take. */
  readonly runbook: string;
}

/** The events of one version that are sent as one message. Each alert occurs once. */
export interface AlertGroup {
  readonly model: string;
  readonly version: string;
  readonly url: string;
  /** At least one entry. */
  readonly notices: readonly Notice[];
}

/** A channel for notifications. */
export interface Notifier {
  /**
   * Resolves once the group is delivered.
   * @throws Error if it is not; delivery is retried later
   * @example
   * ```ts
   * const pager: Notifier = {
   *   async send({ model, version, notices }) {
   *     await page(`${model} ${version}: ${notices.map(({ rule }) => rule).join(', ')}`);
   *   },
   * };
   * ```
   */
  send(group: AlertGroup): Promise<void>;
}

const MAX_FINDINGS = 20;

export function noticeOf({ id, type, why, atMs, alert }: AlertEvent, publicUrl: string): Notice {
  const findings = findingsOf(alert);
  const { rule, model, version, segment, severity } = alert;
  return {
    id,
    event: type,
    why,
    alert: alert.id,
    rule,
    model,
    version,
    segment,
    severity,
    ...wordsOf({ alert: alert.id, rule, findings }, publicUrl),
    since: new Date(alert.sinceMs).toISOString(),
    at: new Date(atMs).toISOString(),
    findings: findings.slice(0, MAX_FINDINGS),
    subjects: findings.length,
  };
}

/** Text and links of a notice. Notices stored by an older collector lack these. */
export function wordsOf(
  { alert, rule, findings }: Pick<Notice, 'alert' | 'rule' | 'findings'>,
  publicUrl: string,
): Pick<Notice, 'headline' | 'impact' | 'url' | 'runbook'> {
  return {
    headline: headlineOf(findings),
    impact: impactOf(findings[0]?.impact),
    url: pageUrl(publicUrl, `alerts/${encodeURIComponent(alert)}`),
    runbook: pageUrl(publicUrl, `runbooks/${rule}`),
  };
}

function pageUrl(publicUrl: string, path: string): string {
  return new URL(path, publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`).href;
}

/** URL of the dashboard page of a version. */
export function permalink(publicUrl: string, model: string, version: string): string {
  // Alerts about the collector itself have no model.
  const url = new URL(
    pageUrl(publicUrl, model === '' ? 'alerts' : `models/${encodeURIComponent(model)}`),
  );
  if (version !== '') url.searchParams.set('version', version);
  return url.href;
}
