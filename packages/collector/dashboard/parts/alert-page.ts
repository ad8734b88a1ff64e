import type { AlertView } from '../../src/api.ts';
import { modelPath } from '../address.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The page that shows the data of each rule. */
const SECTIONS: Readonly<Record<string, string>> = {
  'feature-drift': 'drift',
  'prediction-drift': 'drift',
  'missing-values': 'quality',
  'new-category': 'quality',
  'out-of-range': 'quality',
  'schema-mismatch': 'quality',
  accuracy: 'performance',
  'estimated-accuracy': 'performance',
  'regression-error': 'performance',
  'error-rate': 'releases',
  'golden-failures': 'releases',
  'fallback-rate': 'releases',
  latency: 'releases',
  'sample-ratio': 'releases',
  silence: 'releases',
  'cannot-judge': 'releases',
};
/** The comparison metric of each rule. */
const METRICS: Readonly<Record<string, string>> = {
  'error-rate': 'failed-sessions',
  'golden-failures': 'golden-failures',
  'fallback-rate': 'degraded-sessions',
  latency: 'latency',
};

/**
 * URL of the page for an alert, with its version, segment and period: from a day before the first
 * bad hour until it was resolved.
 */
export function alertPage(alert: AlertView, feature?: string): string {
  const { id, rule, model, version, segment, since, resolvedAt } = alert;
  // Alerts about the collector itself belong to no model's page.
  if (model === '') return `/alerts/${encodeURIComponent(id)}`;
  const section = SECTIONS[rule] ?? 'drift';
  const query = new URLSearchParams({ ...(version !== '' && { version }), alert: id });
  const from = Math.floor((Date.parse(since) - DAY_MS) / HOUR_MS) * HOUR_MS;
  query.set('from', new Date(from).toISOString());
  if (resolvedAt !== null)
    query.set('to', new Date(Math.ceil(Date.parse(resolvedAt) / HOUR_MS) * HOUR_MS).toISOString());
  if (segment !== '') query.set('segment', segment);
  if (section === 'releases' && version !== '') query.set('challenger', version);
  if (METRICS[rule] !== undefined) query.set('metric', METRICS[rule]);
  const subject = feature ?? alert.subjects[0] ?? alert.topFeatures[0]?.name;
  if (subject !== undefined && (section === 'drift' || section === 'quality'))
    query.set('feature', subject);
  return `${modelPath(model, section)}?${query.toString()}`;
}
