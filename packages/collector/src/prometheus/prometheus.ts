import type { Alert } from '../alerts/alert.ts';
import { createSeries } from './bounded.ts';
import type { Counts } from './counts.ts';
import { cumulativeCounts, DURATION_BOUNDS, estimatedSum } from './duration-buckets.ts';
import { exposition } from './exposition.ts';
import type { HistogramSample, Metric, Sample } from './exposition.ts';

/** Results of the latest analysis. */
export interface Gauges {
  readonly featureDrift: readonly {
    readonly model: string;
    readonly version: string;
    readonly feature: string;
    readonly method: string;
    readonly value: number;
  }[];
  readonly estimatedAccuracy: readonly {
    readonly model: string;
    readonly version: string;
    readonly value: number;
  }[];
}

export interface MetricsData {
  readonly counts: Counts;
  readonly alerts: readonly Pick<
    Alert,
    'rule' | 'severity' | 'state' | 'inhibitedBy' | 'silenced'
  >[];
  readonly gauges: Gauges;
  readonly nowMs: number;
}

const BY_BACKEND = ['model', 'version', 'backend'] as const;

/** Renders all metrics in the Prometheus text format. */
export function renderMetrics(data: MetricsData): string {
  return exposition(metricsOf(data));
}

function metricsOf({ counts, alerts, gauges, nowMs }: MetricsData): Metric[] {
  return [
    counter(
      'ml_inferences_total',
      'Predictions on devices, weighted by 2^sampling.',
      BY_BACKEND,
      counts.inferences.entries(),
    ),
    counter(
      'ml_inference_errors_total',
      'Errors on devices, weighted by 2^sampling.',
      [...BY_BACKEND, 'code'],
      counts.errors.entries(),
    ),
    {
      name: 'ml_inference_duration_seconds',
      type: 'histogram',
      labels: BY_BACKEND,
      help:
        'Durations of predictions, from the call to the answer, weighted by 2^sampling. The ' +
        'sum takes the middle of each bucket and is off by at most 9 %.',
      samples: counts.durations.entries().map(([values, histogram]): HistogramSample => {
        const cumulative = cumulativeCounts(histogram);
        return {
          labels: labelsOf(BY_BACKEND, values),
          buckets: DURATION_BOUNDS.map((le, i) => ({ le, count: cumulative[i] ?? 0 })),
          sum: estimatedSum(histogram),
        };
      }),
    },
    counter(
      'ml_sessions_total',
      'Openings of a model, weighted by 2^sampling, by outcome. Every opening is started; some ' +
        'are degraded (they fell back to another backend) or failed, or both.',
      ['model', 'version', 'outcome'],
      counts.sessions.entries(),
    ),
    counter(
      'ml_telemetry_lost_total',
      'Batches that devices gave up.',
      ['reason'],
      counts.lost.entries(),
    ),
    gauge(
      'ml_profile_staleness_seconds',
      'Seconds since the last profile of the model arrived.',
      ['model'],
      counts.lastSeen
        .entries()
        .map(([labels, atMs]) => [labels, Math.max(0, nowMs - atMs) / 1_000]),
    ),
    gauge(
      'ml_alerts',
      'Alerts by state: pending, firing, inhibited or silenced.',
      ['rule', 'severity', 'state'],
      countAlerts(alerts),
    ),
    gauge(
      'ml_feature_drift_ratio',
      'Distance of a feature from the reference, 0 to 1.',
      ['model', 'version', 'feature', 'method'],
      worstFirst(
        gauges.featureDrift.map(({ model, version, feature, method, value }) => [
          [model, version, feature, method],
          value,
        ]),
        (a, b) => b - a,
      ),
    ),
    gauge(
      'ml_estimated_accuracy_ratio',
      'Accuracy estimated without ground truth, 0 to 1.',
      ['model', 'version'],
      worstFirst(
        gauges.estimatedAccuracy.map(({ model, version, value }) => [[model, version], value]),
        (a, b) => a - b,
      ),
    ),
  ];
}

type Entries = readonly (readonly [readonly string[], number])[];

function counter(name: string, help: string, labels: readonly string[], entries: Entries): Metric {
  return { name, help, labels, type: 'counter', samples: samplesOf(labels, entries) };
}

function gauge(name: string, help: string, labels: readonly string[], entries: Entries): Metric {
  return { name, help, labels, type: 'gauge', samples: samplesOf(labels, entries) };
}

function samplesOf(names: readonly string[], entries: Entries): Sample[] {
  return entries.map(([values, value]) => ({ labels: labelsOf(names, values), value }));
}

function labelsOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
}

function countAlerts(alerts: MetricsData['alerts']): Entries {
  const counts = createSeries(0);
  for (const alert of alerts)
    counts.add([alert.rule, alert.severity, stateOf(alert)], (count) => count + 1);
  return counts.entries();
}

function stateOf({ state, inhibitedBy, silenced }: MetricsData['alerts'][number]): string {
  if (state !== 'firing') return state;
  if (silenced) return 'silenced';
  return inhibitedBy === null ? 'firing' : 'inhibited';
}

/**
 * Adds the worst values first, so that they keep their own labels. "other" shows the worst of the
 * rest.
 */
function worstFirst(entries: Entries, order: (a: number, b: number) => number): Entries {
  const series = createSeries<number | null>(null);
  for (const [labels, value] of entries
    .filter(([, value]) => Number.isFinite(value))
    .toSorted(([, a], [, b]) => order(a, b)))
    series.add(labels, (before) => before ?? value);
  return series.entries().map(([labels, value]) => [labels, value ?? 0]);
}
