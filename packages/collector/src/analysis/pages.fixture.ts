import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { emptyProfile, SCORE_BINS } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { onTestFinished } from 'vitest';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import type { CompareAnswer, LatencyAnswer, ModelsAnswer, OverviewAnswer } from '../api.ts';
import type { DriftAnswer, DriftHistoryAnswer, PerformanceAnswer } from '../api-quality.ts';
import { MODEL, publishedModels, sampleProfile, storeOf } from '../export/sample.test.data.ts';
import type { PublishedModels } from '../published-models.ts';
import { registerCompare } from '../query-thread/routes/compare.ts';
import { registerDrift } from '../query-thread/routes/drift.ts';
import { registerLatency } from '../query-thread/routes/latency.ts';
import { registerModels } from '../query-thread/routes/models.ts';
import { registerOverview } from '../query-thread/routes/overview.ts';
import { registerPerformance } from '../query-thread/routes/performance.ts';
import { DRIFT_DEFAULTS } from './drift.ts';

export const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
export const GROUPS = 8;

/** The API routes over these counts, as pages query them. */
export async function pagesOf(
  profiles: readonly Profile[],
  minObservations = DRIFT_DEFAULTS.minObservations,
  published: PublishedModels = publishedModels,
) {
  const app: FastifyInstance = fastify();
  onTestFinished(() => app.close());
  const sources = { store: await storeOf(...profiles), publishedModels: published, minDevices: 1 };
  const options = { ...DRIFT_DEFAULTS, minObservations };
  registerCompare(app, sources);
  registerDrift(app, sources, options, DEFAULT_RULES);
  registerLatency(app, sources);
  registerModels(app, sources);
  registerPerformance(app, sources, options);
  registerOverview(app, sources, async () => [], options);
  const get = async <T>(path: string): Promise<T> => (await app.inject(path)).json<T>();
  return {
    models: async () => (await get<ModelsAnswer>('/v1/models')).models,
    drift: (query = '') => get<DriftAnswer>(`/v1/models/${MODEL}/drift?${query}`),
    history: (query = '') => get<DriftHistoryAnswer>(`/v1/models/${MODEL}/drift-history?${query}`),
    compare: () => get<CompareAnswer>('/v1/models/bare/compare?champion=1.0.0&challenger=1.1.0'),
    performance: (query = '') => get<PerformanceAnswer>(`/v1/models/${MODEL}/performance?${query}`),
    latency: () => get<LatencyAnswer>(`/v1/models/${MODEL}/latency`),
    health: async () => (await get<OverviewAnswer>('/v1/overview')).models[0]!.versions[0]!,
  };
}

/** One hour of every group. `shiftOf` gives the shift of x per group. */
export const fleet = (shiftOf: (group: number) => number): Profile[] =>
  Array.from({ length: GROUPS }, (_, group) =>
    sampleProfile({ hour: NOW_HOUR, group }, { shift: shiftOf(group) }),
  );

/** Sessions of one version without a reference, in every group. */
export const sessions = (started: number, failed: number, groups = GROUPS): Profile[] =>
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

/**
 * Both versions in every group for three hours, with 8 × 3 × 100 sessions of the older one and
 * `started` of the newer one in total.
 * @param right correct ones of the five labelled predictions of each hour and group
 */
export function arms(started: number, right = 5): Profile[] {
  return [3, 2, 1].flatMap((ago) =>
    [...sessions(100, 0), ...sessions(2, 0)].map((one, i): Profile => {
      const isNew = i >= GROUPS;
      const mine = {
        ...one,
        key: { ...one.key, version: isNew ? '1.1.0' : '1.0.0', hour: NOW_HOUR - ago },
        labels: new Float64Array(2),
        scores: new Float64Array(SCORE_BINS),
        confusion: new Map([[0, right], ...(right < 5 ? [[1, 5 - right] as const] : [])]),
      };
      const rest = isNew && ago === 1 && i === GROUPS ? started - 3 * 2 * GROUPS : 0;
      return { ...mine, sessions: { ...mine.sessions, started: mine.sessions.started + rest } };
    }),
  );
}
