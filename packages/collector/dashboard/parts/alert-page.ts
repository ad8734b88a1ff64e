import type { RuleName } from '../../src/alerts/finding.ts';
import type { AlertView, ComparedMetric } from '../../src/api.ts';
import { modelPath } from '../address.ts';
import type { FilterName } from '../address.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Page {
  readonly section: 'drift' | 'quality' | 'performance' | 'releases';
  /** The metric that the page shows first. */
  readonly metric?: ComparedMetric['name'];
}

/** The page that shows the data of each rule. */
const PAGES: Readonly<Record<RuleName, Page>> = {
  'feature-drift': { section: 'drift' },
  'prediction-drift': { section: 'drift' },
  'missing-values': { section: 'quality' },
  'new-category': { section: 'quality' },
  'out-of-range': { section: 'quality' },
  'schema-mismatch': { section: 'quality' },
  accuracy: { section: 'performance' },
  'estimated-accuracy': { section: 'performance' },
  'regression-error': { section: 'performance' },
  'error-rate': { section: 'releases', metric: 'failed-sessions' },
  'golden-failures': { section: 'releases', metric: 'golden-failures' },
  'fallback-rate': { section: 'releases', metric: 'degraded-sessions' },
  latency: { section: 'releases', metric: 'latency' },
  'sample-ratio': { section: 'releases' },
  silence: { section: 'releases' },
  'cannot-judge': { section: 'releases' },
};

type Filters = Readonly<Partial<Record<FilterName, string>>>;

/**
 * URL of the page for an alert, with its version, segment and period: from a day before the first
 * bad hour until it was resolved. `filters` adds to them, or replaces them.
 */
export function alertPage(alert: AlertView, filters: Filters = {}): string {
  const { id, rule, model, version, segment, since, resolvedAt } = alert;
  // Alerts about the collector itself belong to no model's page.
  if (model === '') return `/alerts/${encodeURIComponent(id)}`;
  const { section, metric } = PAGES[rule];
  const query = new URLSearchParams({ ...(version !== '' && { version }), alert: id });
  const from = Math.floor((Date.parse(since) - DAY_MS) / HOUR_MS) * HOUR_MS;
  query.set('from', new Date(from).toISOString());
  if (resolvedAt !== null)
    query.set('to', new Date(Math.ceil(Date.parse(resolvedAt) / HOUR_MS) * HOUR_MS).toISOString());
  if (segment !== '') query.set('segment', segment);
  if (section === 'releases' && version !== '') query.set('challenger', version);
  if (metric !== undefined) query.set('metric', metric);
  const subject = filters.feature ?? alert.subjects[0] ?? alert.topFeatures[0]?.name;
  if (subject !== undefined && (section === 'drift' || section === 'quality'))
    query.set('feature', subject);
  for (const [name, value] of Object.entries(filters)) query.set(name, value);
  return `${modelPath(model, section)}?${query.toString()}`;
}
