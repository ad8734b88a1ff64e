import { expect, test } from 'vitest';
import { buildReference, createCounters } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { Estimate } from '../api.ts';
import type { ClassificationReport } from '../api-quality.ts';
import { REFERENCE_ID, sampleProfile } from '../export/sample.test.data.ts';
import { arms, fleet, GROUPS, NOW_HOUR, pagesOf, sessions } from './pages.fixture.ts';

const width = ({ low, high }: Estimate): number => high! - low!;

// Where none or all failed: scipy.stats.binomtest(failed, started).proportion_ci(0.9, 'exact'),
// whose one end is the end of the one-sided interval of 95 %; otherwise
// scipy.stats.binomtest(failed, started).proportion_ci(0.95, 'wilson'). scipy 1.17.1
test.each([
  [0, 24, 0, 0.1173461562],
  [0, 400, 0, 0.0074613555],
  [24, 24, 0.8826538438, 1],
  [8, 40, 0.1049998973, 0.3475730635],
])('%i of %i failed: the interval can be true', async (failed, started, low, high) => {
  const pages = await pagesOf(sessions(started / GROUPS, failed / GROUPS));
  const { failedSessions } = await pages.health();
  expect(failedSessions!.low).toBeCloseTo(low, 7);
  expect(failedSessions!.high).toBeCloseTo(high, 7);
});

test('without a session there is no share of failed sessions', async () => {
  const { state, failedSessions } = await (
    await pagesOf(sessions(0, 0).map((one) => ({ ...one, predictions: 1 })))
  ).health();
  expect(state).toBe('unknown');
  expect(failedSessions).toBeNull();
});

test('with one device in 128 sampled, an interval counts the uploads, not the devices they stand for', async () => {
  const pages = await pagesOf(
    sessions(3, 0).map((one) => ({ ...one, key: { ...one.key, sampling: 7 } })),
  );
  const { failedSessions, sessions: shown } = await pages.health();
  expect(shown).toBe(24 * 128);
  expect(failedSessions!.high).toBeCloseTo(0.1173461562, 8);
});

/** Labelled predictions: all of them right. */
const allRight = (counts: ReadonlyMap<number, number>): Profile[] =>
  fleet(() => 0).map((one) => ({ ...one, confusion: counts }) as Profile);

async function measuredOf(profiles: readonly Profile[]): Promise<ClassificationReport> {
  const { measured } = await (await pagesOf(profiles)).performance();
  if (measured?.kind !== 'classification') throw new Error('expected a classification');
  return measured;
}

test('accuracy has an interval within 0 and 100 %, in the overview too', async () => {
  const profiles = allRight(new Map([[0, 5]]));
  const { accuracy } = await measuredOf(profiles);
  expect(accuracy).toMatchObject({ value: 1, high: 1 });
  // scipy.stats.binomtest(40, 40).proportion_ci(0.9, 'exact').low
  expect(accuracy.low).toBeCloseTo(0.9278424755, 8);
  const { accuracy: inOverview } = await (await pagesOf(profiles)).health();
  expect(inOverview).toEqual({ kind: 'measured', inputsMoved: false, ...accuracy });
});

test('balanced accuracy is as uncertain as its rarest label, also if all were right', async () => {
  const even = await measuredOf(
    allRight(
      new Map([
        [0, 5],
        [3, 5],
      ]),
    ),
  );
  const rare = await measuredOf(
    allRight(
      new Map([
        [0, 9],
        [3, 1],
      ]),
    ),
  );
  // 80 labels: 40 and 40 are worth 80, 72 and 8 are worth 4 ÷ (1/72 + 1/8) = 28.8.
  expect(even.balancedAccuracy).toEqual({ value: 1, low: 0.05 ** (1 / 80), high: 1 });
  expect(rare.balancedAccuracy.low).toBeCloseTo(0.05 ** (1 / 28.8), 12);
});

test('devices with the same errors leave a root mean squared error an interval with a width', async () => {
  const values = Array.from({ length: 257 }, (_, i) => i);
  const numbers = buildReference({ features: [], value: { name: 'price', values } });
  const profiles = Array.from({ length: GROUPS }, (_, group) => {
    const counters = createCounters(numbers);
    for (let i = 0; i < 8; i += 1) {
      counters.observePrediction();
      counters.observeTrueValue(100, i % 2 === 0 ? 101 : 99);
    }
    const [one] = fleet(() => 0);
    return counters.snapshot({ ...one!.key, group });
  });
  const published = {
    find: async () => ({
      labels: [],
      segments: [],
      reference: { id: REFERENCE_ID, profile: numbers },
    }),
    channels: async () => undefined,
  };
  const { measured, slices } = await (await pagesOf(profiles, 500, published)).performance();
  if (measured?.kind !== 'regression') throw new Error('expected a regression');
  const { value, low, high } = measured.rmse;
  expect(value).toBeCloseTo(1, 6);
  // [math.sqrt(64 / scipy.stats.chi2.isf(p, 64)) for p in (0.025, 0.975)]
  expect(low! / value).toBeCloseTo(0.8527832371, 8);
  expect(high! / value).toBeCloseTo(1.2091277378, 8);
  expect(slices[0]?.rmse).toEqual(measured.rmse);
});

test('two versions that were always right, and equally fast, have intervals with a width', async () => {
  const fast = (one: Profile): Profile => ({
    ...one,
    latency: one.latency.map((stage) => stage.map((_, bucket) => (bucket === 32 ? 300 : 0))),
  });
  const { metrics } = await (await pagesOf(arms(60).map(fast))).compare();
  expect(metrics.map(({ name }) => name)).toContain('latency');
  for (const { unit, champion, challenger } of metrics)
    for (const estimate of [champion, challenger]) {
      expect(width(estimate)).toBeGreaterThan(unit === 'share' ? 0.001 : 0);
      if (unit === 'share') expect(estimate.low).toBeGreaterThanOrEqual(0);
      if (unit === 'share') expect(estimate.high).toBeLessThanOrEqual(1);
    }
});

test('an interval of a comparison counts the hours that both versions have', async () => {
  const alone = sessions(10_000, 0).map((one) => ({
    ...one,
    key: { ...one.key, hour: NOW_HOUR - 2, group: 12 },
  }));
  const { metrics } = await (await pagesOf([...arms(60), ...alone])).compare();
  const { champion, n } = metrics.find(({ name }) => name === 'degraded-sessions')!;
  expect(n).toEqual({ champion: 2_400, challenger: 60 });
  expect(champion.high).toBeCloseTo(1 - 0.05 ** (1 / 2_400), 10);
});

test.each([
  [9, false, false],
  [10, true, false],
  [99, true, false],
  [100, true, true],
])('%i durations have the percentiles that they can tell', async (predictions, hasP90, hasP99) => {
  const pages = await pagesOf([sampleProfile({ hour: NOW_HOUR }, { predictions })]);
  const { count, p50Ms, p90Ms, p99Ms } = (await pages.latency()).rows[0]!;
  expect([count, p50Ms > 0, p90Ms !== null, p99Ms !== null]).toEqual([
    predictions,
    true,
    hasP90,
    hasP99,
  ]);
});
