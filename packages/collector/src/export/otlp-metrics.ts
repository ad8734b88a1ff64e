import { STAGES } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { isCorrect } from '../confusion.ts';
import { LATENCY_EDGES, SCORE_EDGES } from './bins.ts';
import { attributes, DELTA } from './otlp-shape.ts';
import type { HistogramPoint, Metric, MetricsRequest, SumPoint, Words } from './otlp-shape.ts';

const HOUR_MS = 3_600_000;

/** The counts of one model version in one hour. */
export interface HourOfVersion {
  readonly model: string;
  readonly version: string;
  readonly hour: number;
  /** Sums by segment, for inputs and outputs. */
  readonly observed: readonly Profile[];
  /** Sums by segment, backend and browser, for runtime metrics. */
  readonly ran: readonly Profile[];
  /** Supplies the bin bounds. Null omits the metrics that need bounds. */
  readonly reference: { readonly id: string; readonly profile: ReferenceProfile } | null;
}

/**
 * One OTLP resource. Counts are raw, not scaled up for sampling; `perigee.weight` is the number of
 * devices that each count stands for. Bins of a reference include their lower bound, while OTLP
 * buckets include their upper bound: a value equal to a bound is in the bucket above it.
 */
export function metricsOf({
  model,
  version,
  hour,
  observed,
  ran,
  reference,
}: HourOfVersion): MetricsRequest {
  const collect = collector(hour);
  for (const profile of ran) addRun(collect, profile);
  for (const profile of observed) {
    addFeedback(collect, profile);
    if (reference?.id === profile.key.reference) addObserved(collect, profile, reference.profile);
  }
  const resource = {
    attributes: attributes({
      'service.name': model,
      'service.version': version,
      'perigee.model': model,
      'perigee.version': version,
    }),
  };
  return {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [{ scope: { name: 'perigee.collector' }, metrics: collect.metrics() }],
      },
    ],
  };
}

function addRun({ sum, histogram }: Collect, profile: Profile): void {
  const { devices, predictions, fallbacks, sessions, golden, errors, latency } = profile;
  const where = {
    ...sharedWords(profile),
    'perigee.backend': profile.key.backend,
    'perigee.browser': profile.key.browser,
  };
  sum('perigee.predictions', '{prediction}', 'Answers of the model', where, predictions);
  sum(
    'perigee.devices',
    '{device}',
    'Device-hours: a device that counted in two hours is two',
    where,
    devices,
  );
  sum('perigee.fallbacks', '{fallback}', 'Changes to another backend', where, fallbacks);
  sum('perigee.sessions', '{session}', 'Openings of the model', where, sessions.started);
  sum(
    'perigee.sessions.degraded',
    '{session}',
    'Openings with at least one fallback',
    where,
    sessions.degraded,
  );
  sum(
    'perigee.sessions.failed',
    '{session}',
    'Openings with at least one error',
    where,
    sessions.failed,
  );
  for (const [outcome, count] of Object.entries(golden))
    sum(
      'perigee.golden',
      '{trial}',
      'Trials of the golden samples',
      { ...where, 'perigee.outcome': outcome },
      count,
    );
  for (const [code, count] of Object.entries(errors))
    sum('perigee.errors', '{error}', 'Errors by code', { ...where, 'error.type': code }, count);
  for (const [i, stage] of STAGES.entries())
    histogram(
      'perigee.latency',
      'ms',
      'Duration by stage',
      { ...where, 'perigee.stage': stage },
      LATENCY_EDGES,
      latency[i] ?? new Float64Array(),
    );
}

function addObserved(
  { sum, histogram }: Collect,
  profile: Profile,
  reference: ReferenceProfile,
): void {
  const where = sharedWords(profile);
  for (const [i, feature] of reference.features.entries()) {
    const counts = profile.features[i];
    if (!counts) continue;
    const words = { ...where, feature: feature.name };
    if (feature.kind === 'numeric')
      histogram(
        'perigee.feature',
        '1',
        "Model inputs in the bins of the version's reference",
        words,
        feature.edges,
        counts.bins,
      );
    else
      for (const [j, word] of [...feature.vocabulary, 'other'].entries())
        sum(
          'perigee.feature.category',
          '{observation}',
          'Model inputs that are words',
          { ...words, category: word },
          counts.bins[j] ?? 0,
        );
    const { missing, invalid, below, above } = counts;
    for (const [problem, count] of Object.entries({ missing, invalid, below, above }))
      sum(
        'perigee.feature.quality',
        '{observation}',
        "Model inputs that are missing, no numbers, or beyond the reference's range",
        { ...words, problem },
        count,
      );
  }
  for (const [i, label] of (reference.output?.labels ?? []).entries())
    sum(
      'perigee.labels',
      '{prediction}',
      'Predicted labels',
      { ...where, label },
      profile.labels[i] ?? 0,
    );
  histogram('perigee.score', '1', 'Top-1 score', where, SCORE_EDGES, profile.scores);
  if (reference.value)
    histogram(
      'perigee.value',
      '1',
      'Predicted numbers in the bins of the reference',
      where,
      reference.value.edges,
      profile.values,
    );
}

function addFeedback({ sum }: Collect, profile: Profile): void {
  for (const [cell, count] of profile.confusion) {
    const right = isCorrect(cell, profile.labels.length);
    sum(
      'perigee.feedback',
      '{prediction}',
      'Predictions whose ground truth was told',
      { ...sharedWords(profile), 'perigee.outcome': right ? 'right' : 'wrong' },
      count,
    );
  }
}

function sharedWords({ key }: Profile): Words {
  return {
    'perigee.reference': key.reference,
    'perigee.segment': key.segment,
    'perigee.weight': 2 ** key.sampling,
    'perigee.epsilon': key.privacy === 0 ? null : key.privacy / 10,
  };
}

interface Collect {
  /** Adds `count` to the point with these attributes. Zero adds no point. */
  readonly sum: (
    name: string,
    unit: string,
    description: string,
    words: Words,
    count: number,
  ) => void;
  /** @param bounds bucket bounds, one fewer than `counts` */
  readonly histogram: (
    name: string,
    unit: string,
    description: string,
    words: Words,
    bounds: readonly number[],
    counts: Float64Array,
  ) => void;
  readonly metrics: () => Metric[];
}

function collector(hour: number): Collect {
  const times = { startTimeUnixNano: nanos(hour), timeUnixNano: nanos(hour + 1) };
  const sums = new Map<
    string,
    { readonly unit: string; readonly description: string; readonly points: Map<string, SumPoint> }
  >();
  const histograms = new Map<
    string,
    { readonly unit: string; readonly description: string; readonly points: HistogramPoint[] }
  >();
  return {
    sum(name, unit, description, words, count) {
      if (count === 0) return;
      const { points } =
        sums.get(name) ?? setAndGet(sums, name, { unit, description, points: new Map() });
      const attributesOf = attributes(words);
      const key = JSON.stringify(attributesOf);
      points.set(key, {
        attributes: attributesOf,
        ...times,
        asInt: String(BigInt(points.get(key)?.asInt ?? 0) + BigInt(count)),
      });
    },
    histogram(name, unit, description, words, bounds, counts) {
      const total = counts.reduce((a, b) => a + b, 0);
      if (total === 0) return;
      const { points } =
        histograms.get(name) ?? setAndGet(histograms, name, { unit, description, points: [] });
      points.push({
        attributes: attributes(words),
        ...times,
        count: String(total),
        bucketCounts: Array.from(counts, String),
        explicitBounds: bounds,
      });
    },
    metrics: () => [
      ...Array.from(sums, ([name, { unit, description, points }]): Metric => ({
        name,
        description,
        unit,
        sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints: [...points.values()] },
      })),
      ...Array.from(histograms, ([name, { unit, description, points }]): Metric => ({
        name,
        description,
        unit,
        histogram: { aggregationTemporality: DELTA, dataPoints: points },
      })),
    ],
  };
}

function setAndGet<T>(map: Map<string, T>, key: string, value: T): T {
  map.set(key, value);
  return value;
}

function nanos(hour: number): string {
  return `${hour * HOUR_MS}000000`;
}
