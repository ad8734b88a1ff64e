import fastify from 'fastify';
import { LATENCY_BUCKETS, latencyBucket } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { createSeries } from './bounded.ts';
import { createCounting } from './counts.ts';
import { cumulativeCounts, DURATION_BOUNDS, estimatedSum } from './duration-buckets.ts';
import { batch, NOW_MS, parseExposition, profile } from './metrics.fixture.ts';
import { renderMetrics } from './prometheus.ts';
import type { Gauges, MetricsData } from './prometheus.ts';
import { registerMetrics } from './routes.ts';

const NO_GAUGES: Gauges = { featureDrift: [], estimatedAccuracy: [] };

async function counted(batches: Parameters<ReturnType<typeof openSqliteStore>['commit']>[0][]) {
  const counting = createCounting(() => NOW_MS);
  const store = counting.counting(openSqliteStore(':memory:'));
  onTestFinished(() => store.close());
  for (const one of batches) await store.commit(one);
  return { ...counting, store };
}

async function rendered(profiles: Parameters<typeof batch>[0], data: Partial<MetricsData> = {}) {
  const { counts } = await counted([[batch(profiles)]]);
  const text = renderMetrics({ counts, alerts: [], gauges: NO_GAUGES, nowMs: NOW_MS, ...data });
  const { samples, types } = parseExposition(text);
  return {
    text,
    types,
    samples,
    valuesOf: (name: string) =>
      samples
        .filter((one) => one.name === name)
        .map(({ labels, value }) => [...Object.values(labels), value]),
  };
}

test('commits are counted with the weight of their sampling, and repeats are not', async () => {
  const one = batch([profile(), profile({ sampling: 3 }), profile({ backend: 'webgpu' })], {
    refused: 2,
  });
  const { counts } = await counted([[one, one], [one], [batch([profile()])]]);
  expect(counts.inferences.entries()).toEqual([
    [['digits', '1.0.0', 'wasm'], 10 + 80 + 10],
    [['digits', '1.0.0', 'webgpu'], 10],
  ]);
  const { samples } = parseExposition(
    renderMetrics({ counts, alerts: [], gauges: NO_GAUGES, nowMs: NOW_MS + 90_000 }),
  );
  const value = (name: string, labels: object): number | undefined =>
    samples.find(
      (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
    )?.value;
  const wasm = { model: 'digits', version: '1.0.0', backend: 'wasm' };
  expect(value('ml_inferences_total', wasm)).toBe(100);
  expect(value('ml_inference_errors_total', { ...wasm, code: 'TIMEOUT' })).toBe(2 + 16 + 2);
  expect(value('ml_inference_duration_seconds_count', wasm)).toBe(100);
  expect(
    value('ml_sessions_total', { model: 'digits', version: '1.0.0', outcome: 'started' }),
  ).toBe(1 + 8 + 1 + 1);
  expect(value('ml_sessions_total', { model: 'digits', version: '1.0.0', outcome: 'failed' })).toBe(
    1 + 8 + 1 + 1,
  );
  expect(value('ml_telemetry_lost_total', { reason: 'refused' })).toBe(2);
  expect(value('ml_telemetry_lost_total', { reason: 'stopped' })).toBe(0);
  expect(value('ml_profile_staleness_seconds', { model: 'digits' })).toBe(90);
});

test('every metric has a name, a type and a help text, even without counts', async () => {
  const { types } = await rendered([]);
  expect(Object.fromEntries(types)).toEqual({
    ml_inferences_total: 'counter',
    ml_inference_errors_total: 'counter',
    ml_inference_duration_seconds: 'histogram',
    ml_sessions_total: 'counter',
    ml_telemetry_lost_total: 'counter',
    ml_profile_staleness_seconds: 'gauge',
    ml_alerts: 'gauge',
    ml_feature_drift_ratio: 'gauge',
    ml_estimated_accuracy_ratio: 'gauge',
  });
});

test('durations fall into the right buckets, exactly', async () => {
  const durations = [0.01, 0.2, 0.3, 0.9, 1.1, 3, 3, 100, 20_000, 50_000, 900_000];
  const { valuesOf, samples } = await rendered([profile({}, durations)]);
  const buckets = samples.filter(({ name }) => name === 'ml_inference_duration_seconds_bucket');
  expect(buckets.map(({ labels }) => Number(labels['le']!.replace('Inf', 'Infinity')))).toEqual([
    ...DURATION_BOUNDS,
  ]);
  for (const { labels, value } of buckets)
    expect(value).toBe(
      durations.filter((ms) => ms / 1_000 <= Number(labels['le']!.replace('Inf', 'Infinity')))
        .length,
    );
  expect(buckets.at(-1)!.labels['le']).toBe('+Inf');
  expect(valuesOf('ml_inference_duration_seconds_count')).toEqual([
    ['digits', '1.0.0', 'wasm', durations.length],
  ]);
});

test('the sum is off by at most 9 percent for durations in range', () => {
  for (let ms = 0.02; ms < 200_000; ms *= 1.37) {
    const histogram = new Float64Array(LATENCY_BUCKETS);
    histogram[latencyBucket(ms)] = 5;
    expect(Math.abs(estimatedSum(histogram) / ((5 * ms) / 1_000) - 1)).toBeLessThan(0.0906);
    expect(cumulativeCounts(histogram).at(-1)).toBe(5);
  }
});

test('names with quotes, backslashes, line breaks and any letters are escaped without loss', async () => {
  const names = ['a"b', 'a\\b', 'a\nb', 'a\\nb', 'naïve 模型 🙂', 'a{b="c"} 1', ' ', '#', '\\'];
  const featureDrift = names.map((feature, i) => ({
    model: 'm',
    version: '1',
    feature,
    method: 'psi',
    value: 1 - i / 100,
  }));
  const { samples } = await rendered([], { gauges: { featureDrift, estimatedAccuracy: [] } });
  expect(
    samples
      .filter(({ name }) => name === 'ml_feature_drift_ratio')
      .map(({ labels }) => labels['feature']),
  ).toEqual(names);
});

test('no metric has more than 200 series; the rest is added to "other"', async () => {
  const { counts, store } = await counted([]);
  for (let i = 0; i < 300; i += 1) await store.commit([batch([profile({ version: `1.0.${i}` })])]);
  await store.commit([batch([profile({ version: '1.0.3' })])]);
  const { samples } = parseExposition(
    renderMetrics({ counts, alerts: [], gauges: NO_GAUGES, nowMs: NOW_MS }),
  );
  const inferences = samples.filter(({ name }) => name === 'ml_inferences_total');
  expect(inferences).toHaveLength(200);
  expect(inferences.reduce((sum, { value }) => sum + value, 0)).toBe(3_010);
  expect(inferences.at(-1)).toEqual({
    name: 'ml_inferences_total',
    labels: { model: 'other', version: 'other', backend: 'other' },
    value: 1_010,
  });
  expect(inferences.find(({ labels }) => labels['version'] === '1.0.3')!.value).toBe(20);
  const durations = samples.filter(({ name }) => name === 'ml_inference_duration_seconds_count');
  expect(durations.reduce((sum, { value }) => sum + value, 0)).toBe(3_010);
});

test('the worst gauges keep their labels, and "other" shows the worst of the rest', async () => {
  const featureDrift = Array.from({ length: 500 }, (_, i) => ({
    model: 'm',
    version: '1',
    feature: `f${i}`,
    method: 'psi',
    value: i / 500,
  }));
  const estimatedAccuracy = Array.from({ length: 500 }, (_, i) => ({
    model: 'm',
    version: `1.${i}`,
    value: i / 500,
  }));
  const { valuesOf } = await rendered([], {
    gauges: {
      featureDrift: [
        ...featureDrift,
        { model: 'm', version: '1', feature: 'none', method: 'psi', value: Number.NaN },
      ],
      estimatedAccuracy,
    },
  });
  const drift = valuesOf('ml_feature_drift_ratio');
  expect(drift).toHaveLength(200);
  expect(drift[0]).toEqual(['m', '1', 'f499', 'psi', 0.998]);
  expect(drift.at(-1)).toEqual(['other', 'other', 'other', 'other', 0.6]);
  const accuracy = valuesOf('ml_estimated_accuracy_ratio');
  expect(accuracy[0]).toEqual(['m', '1.0', 0]);
  expect(accuracy.at(-1)).toEqual(['other', 'other', 0.398]);
});

test('alerts are counted by rule, severity and state', async () => {
  const alert = {
    rule: 'latency',
    severity: 'page',
    state: 'firing',
    inhibitedBy: null,
    silenced: false,
  } as const;
  const { valuesOf } = await rendered([], {
    alerts: [
      alert,
      alert,
      { ...alert, state: 'pending' },
      { ...alert, inhibitedBy: 'a' },
      { ...alert, silenced: true, inhibitedBy: 'a' },
    ],
  });
  expect(valuesOf('ml_alerts')).toEqual([
    ['latency', 'page', 'firing', 2],
    ['latency', 'page', 'pending', 1],
    ['latency', 'page', 'inhibited', 1],
    ['latency', 'page', 'silenced', 1],
  ]);
});

test('after a restart the series of the last week begin at 0, with the time since each last profile', async () => {
  const nowHour = Math.floor(Date.now() / 3_600_000);
  const { store } = await counted([
    [
      batch([
        profile(),
        profile({ version: '0.9.0', hour: nowHour - 200 }),
        profile({ model: 'old', hour: nowHour - 300 }),
      ]),
    ],
  ]);
  const next = createCounting();
  next.seed(await store.totals());
  expect(next.counts.inferences.entries()).toEqual([[['digits', '1.0.0', 'wasm'], 0]]);
  expect(next.counts.sessions.entries()).toHaveLength(3);
  const silent = new Map(
    next.counts.lastSeen
      .entries()
      .map(([[model], atMs]) => [model, (Date.now() - atMs) / 3_600_000]),
  );
  expect(silent.get('digits')).toBeLessThan(0.01);
  expect(silent.get('old')).toBeGreaterThan(298);
});

test('a bounded series keeps the labels that it has shown', () => {
  const series = createSeries(0, 3);
  for (const name of ['a', 'b', 'c', 'a', 'd', 'other']) series.add([name], (value) => value + 1);
  expect(series.entries()).toEqual([
    [['a'], 2],
    [['b'], 1],
    [['other'], 3],
  ]);
});

test('GET /metrics has the text, its content type, current alerts and the latest analysis', async () => {
  const { counts } = await counted([[batch([profile()])]]);
  const app = fastify();
  onTestFinished(() => app.close());
  registerMetrics(app, {
    counts,
    now: () => NOW_MS,
    gauges: async () => ({
      featureDrift: [],
      estimatedAccuracy: [{ model: 'digits', version: '1.0.0', value: 0.91 }],
    }),
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const response = await fetch(new URL('/metrics', url));
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  expect(text).toContain('ml_inferences_total{model="digits",version="1.0.0",backend="wasm"} 10\n');
  expect(text).toContain('ml_estimated_accuracy_ratio{model="digits",version="1.0.0"} 0.91\n');
});
