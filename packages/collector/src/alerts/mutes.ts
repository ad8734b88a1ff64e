import type { Alert } from './alert.ts';
import type { RuleName } from './finding.ts';
import type { Rules } from './thresholds.ts';

const FEATURE_RULES: ReadonlySet<RuleName> = new Set([
  'feature-drift',
  'missing-values',
  'new-category',
  'out-of-range',
]);

/**
 * True for alerts that explain feature alerts: if all inputs change or have the wrong shape, each
 * feature differs too.
 */
function explainsFeatures({ rule, severity, state, silenced }: Alert): boolean {
  if (state !== 'firing' || silenced) return false;
  return rule === 'schema-mismatch' || (rule === 'prediction-drift' && severity === 'page');
}

/**
 * True if an alert of the whole fleet covers every subject of a segment's alert, so that one
 * notification is enough.
 */
function saysAll(whole: Alert, part: Alert): boolean {
  if (whole.segment !== '' || part.segment === '' || whole.state !== 'firing' || whole.silenced)
    return false;
  if (whole.rule !== part.rule || whole.model !== part.model || whole.version !== part.version)
    return false;
  const named = new Set(
    whole.subjects.filter(({ confirmed }) => confirmed).map(({ finding }) => finding.subject),
  );
  return (
    (whole.severity === 'page' || part.severity === 'ticket') &&
    part.subjects.every(({ finding }) => named.has(finding.subject))
  );
}

/**
 * True if notifications are suppressed: another alert explains this one, or it is silenced or
 * snoozed.
 */
export function isMuted({ inhibitedBy, silenced, snoozed = false }: Alert): boolean {
  return inhibitedBy !== null || silenced || snoozed;
}

/**
 * Marks alerts as silenced or inhibited. An alert is inhibited by an alert of the whole fleet that
 * covers it, or, for feature rules, by an open alert that explains it. A silenced alert inhibits
 * nothing, since it would hide alerts that nobody silenced. A snoozed one still does: who snoozed it
 * knows its cause.
 * @param snoozed ids of alerts
 */
export function applyMutes(
  alerts: readonly Alert[],
  { silences }: Rules,
  nowMs: number,
  snoozed: ReadonlySet<string>,
): Alert[] {
  const active = silences.filter(({ untilMs }) => untilMs > nowMs);
  const marked = alerts.map((alert) => ({
    ...alert,
    snoozed: snoozed.has(alert.id),
    silenced: active.some(
      ({ model, version, rule }) =>
        (model ?? alert.model) === alert.model &&
        (version ?? alert.version) === alert.version &&
        (rule ?? alert.rule) === alert.rule,
    ),
  }));
  const explaining = marked.filter(explainsFeatures);
  return marked.map((alert) => {
    const whole = marked.find((other) => saysAll(other, alert));
    const by =
      whole ??
      (FEATURE_RULES.has(alert.rule)
        ? explaining.find(
            ({ model, version }) => model === alert.model && version === alert.version,
          )
        : undefined);
    return { ...alert, inhibitedBy: by?.id ?? null };
  });
}
