import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Profile } from '@perigee/profile';
import { emptyProfile, SCORE_BINS } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { COMPARED_FROM_SESSIONS } from '../api.ts';
import type { CompareAnswer, OverviewAnswer } from '../api.ts';
import type { DriftAnswer, DriftHistoryAnswer, PerformanceAnswer } from '../api-quality.ts';
import { MODEL, publishedModels, sampleProfile, storeOf } from '../export/sample.test.data.ts';
import { registerCompare } from '../query-thread/routes/compare.ts';
import { registerDrift } from '../query-thread/routes/drift.ts';
import { registerOverview } from '../query-thread/routes/overview.ts';
import { registerPerformance } from '../query-thread/routes/performance.ts';
import { DRIFT_DEFAULTS } from './drift.ts';

const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const HOUR_TEXT = new Date(NOW_HOUR * 3_600_000).toISOString();
const GROUPS = 8;

/** The API routes over these counts, as pages query them. */
async function pagesOf(
  profiles: readonly Profile[],
  minObservations = DRIFT_DEFAULTS.minObservations,
) {
  const app: FastifyInstance = fastify();
  onTestFinished(() => app.close());
  const sources = { store: await storeOf(...profiles), publishedModels, minDevices: 1 };
  const options = { ...DRIFT_DEFAULTS, minObservations };
  registerCompare(app, sources);
  registerDrift(app, sources, options);
  registerPerformance(app, sources, options);
  registerOverview(app, sources, async () => [], options);
  const get = async <T>(path: string): Promise<T> => (await app.inject(path)).json<T>();
  return {
    drift: (query = '') => get<DriftAnswer>(`/v1/models/${MODEL}/drift?${query}`),
    history: (query = '') => get<DriftHistoryAnswer>(`/v1/models/${MODEL}/drift-history?${query}`),
    compare: () => get<CompareAnswer>('/v1/models/bare/compare?champion=1.0.0&challenger=1.1.0'),
    performance: () => get<PerformanceAnswer>(`/v1/models/${MODEL}/performance`),
    health: async () => (await get<OverviewAnswer>('/v1/overview')).models[0]!.versions[0]!,
  };
}

/** One hour of every group. `shiftOf` gives the shift of x per group. */
const fleet = (shiftOf: (group: number) => number): Profile[] =>
  Array.from({ length: GROUPS }, (_, group) =>
    sampleProfile({ hour: NOW_HOUR, group }, { shift: shiftOf(group) }),
  );

/** Sessions of one version without a reference, in every group. */
const sessions = (started: number, failed: number, groups = GROUPS): Profile[] =>
  Array.from({ length: groups }, (_, group) => {
    const profile = emptyProfile({
      model: 'bare',
      version: '1.0.0',
      reference: '',
      backend: 'wasm',
      browser: 'node',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour: NOW_HOUR,
    });
    return { ...profile, predictions: started, sessions: { ...profile.sessions, started, failed } };
  });

test.each([
  ['nothing moved', () => 0, 500, 'stable'],
  ['all devices moved alike', () => 0.3, 500, 'drift'],
  ['one device in eight moved far', (group: number) => (group === 0 ? 2 : 0), 10, 'unsure'],
  ['hardly anything was counted', () => 0.3, 1e6, 'too-little-data'],
] as const)(
  'where %s the verdict on a feature is one and the same on its page, in the heat map and in the overview',
  async (_what, shiftOf, minObservations, expected) => {
    const pages = await pagesOf(fleet(shiftOf), minObservations);
    const { features } = await pages.drift();
    expect(features.find(({ name }) => name === 'x')).toMatchObject({ verdict: expected });
    const { features: history } = await pages.history(`from=${HOUR_TEXT}&to=${HOUR_TEXT}`);
    for (const { name, verdict } of features) {
      const { verdicts, ratios } = history.find((one) => one.name === name)!;
      expect([verdicts, ratios.map((ratio) => ratio === null)]).toEqual([
        [verdict === 'too-little-data' ? null : verdict],
        [verdict === 'too-little-data'],
      ]);
    }
    const { worstFeature } = await pages.health();
    const worst = features[0]!;
    expect(worstFeature).toEqual(
      worst.verdict === 'too-little-data'
        ? null
        : expect.objectContaining({ name: worst.name, verdict: worst.verdict }),
    );
  },
);

test('a score over its threshold is never called stable, however the devices differ', async () => {
  for (let moved = 1; moved <= GROUPS; moved += 1) {
    const pages = await pagesOf(
      fleet((group) => (group < moved ? 1 : 0)),
      10,
    );
    for (const { verdict, primary } of (await pages.drift()).features) {
      const isOver = primary.score - primary.noiseFloor >= primary.threshold;
      expect(verdict === 'stable').toBe(!isOver);
    }
  }
});

test('devices that are all alike leave a score an interval with a width', async () => {
  const pages = await pagesOf(fleet(() => 0.3));
  const { low, high, score } = (await pages.drift()).features.find(
    ({ name }) => name === 'x',
  )!.primary;
  expect(low!).toBeLessThan(score);
  expect(high!).toBeGreaterThan(score);
});

// scipy.stats.binomtest(failed, started).proportion_ci(method='wilson')
test.each([
  [0, 24, 0, 0.137976],
  [0, 400, 0, 0.009512],
  [24, 24, 0.862024, 1],
])('%i of %i failed: the interval can be true', async (failed, started, low, high) => {
  const pages = await pagesOf(sessions(started / GROUPS, failed / GROUPS));
  const { failedSessions } = await pages.health();
  expect(failedSessions.low).toBeCloseTo(low, 4);
  expect(failedSessions.high).toBeCloseTo(high, 4);
});

test('with one device in 128 sampled, an interval counts the uploads, not the devices they stand for', async () => {
  const pages = await pagesOf(
    sessions(3, 0).map((one) => ({ ...one, key: { ...one.key, sampling: 7 } })),
  );
  const { failedSessions, sessions: shown } = await pages.health();
  expect(shown).toBe(24 * 128);
  expect(failedSessions.high).toBeCloseTo(0.137976, 4);
});

test('accuracy has an interval within 0 and 100 %, in the overview too', async () => {
  const right = fleet(() => 0).map((one) => ({ ...one, confusion: new Map([[0, 5]]) }));
  const pages = await pagesOf(right);
  const { measured } = await pages.performance();
  if (measured?.kind !== 'classification') throw new Error('expected a classification');
  expect(measured.accuracy).toMatchObject({ value: 1, high: 1 });
  expect(measured.accuracy.low).toBeCloseTo(0.912378, 4);
  expect((await pages.health()).accuracy).toEqual({ kind: 'measured', ...measured.accuracy });
});

test.each([
  ['every session failed', 60, 60, 'bad'],
  ['three in ten failed', 40, 12, 'bad'],
  ['one in ten failed', 40, 4, 'warn'],
  ['nothing failed', 40, 0, 'good'],
  ['too few sessions began to tell', 1, 0, 'unknown'],
] as const)(
  'the overview calls a version by its figures, without an alert: %s',
  async (_what, started, failed, state) => {
    const pages = await pagesOf(sessions(started, failed));
    expect(await pages.health()).toMatchObject({ state });
  },
);

test('three sessions of one device are not enough for a healthy version', async () => {
  expect(await (await pagesOf(sessions(3, 0, 1))).health()).toMatchObject({ state: 'unknown' });
});

test('a version with a feature that drifts needs a look before any alert opens', async () => {
  const answering = fleet(() => 0.3).map((one) => ({
    ...one,
    sessions: { ...one.sessions, started: 5, failed: 0 },
  }));
  expect(await (await pagesOf(answering)).health()).toMatchObject({
    state: 'warn',
    worstFeature: { name: 'x', verdict: 'drift' },
  });
});

/**
 * Both versions in every group for three hours, with `started` sessions of the newer one in total.
 */
function arms(started: number): Profile[] {
  return [3, 2, 1].flatMap((ago) =>
    [...sessions(100, 0), ...sessions(2, 0)].map((one, i): Profile => {
      const isNew = i >= GROUPS;
      const mine = {
        ...one,
        key: { ...one.key, version: isNew ? '1.1.0' : '1.0.0', hour: NOW_HOUR - ago },
        labels: new Float64Array(2),
        scores: new Float64Array(SCORE_BINS),
        confusion: new Map([[0, 5]]),
      };
      const rest = isNew && ago === 1 && i === GROUPS ? started - 3 * 2 * GROUPS : 0;
      return { ...mine, sessions: { ...mine.sessions, started: mine.sessions.started + rest } };
    }),
  );
}

test('a comparison has a verdict from as many sessions on as its page says', async () => {
  expect((await (await pagesOf(arms(COMPARED_FROM_SESSIONS - 1))).compare()).verdict).toBe(
    'too-little-data',
  );
  expect((await (await pagesOf(arms(COMPARED_FROM_SESSIONS))).compare()).verdict).toBe(
    'no-harm-seen',
  );
});

test('two versions that were always right have intervals with a width, within 0 and 100 %', async () => {
  const { metrics } = await (await pagesOf(arms(60))).compare();
  const shares = metrics
    .filter(({ unit }) => unit === 'share')
    .flatMap(({ champion, challenger }) => [champion, challenger]);
  expect(shares.length).toBeGreaterThan(3);
  for (const { low, high } of shares) {
    expect(low!).toBeGreaterThanOrEqual(0);
    expect(high!).toBeLessThanOrEqual(1);
    expect(high! - low!).toBeGreaterThan(0.001);
  }
});
