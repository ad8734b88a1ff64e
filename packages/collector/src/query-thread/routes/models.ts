import type { FastifyInstance } from 'fastify';
import type { Sources } from '../../analysis/read-fleet.ts';
import { championOf } from '../../analysis/rollout-share.ts';
import { hourText } from '../../analysis/window.ts';
import type { ModelsAnswer, ModelSummary, VersionSummary } from '../../api.ts';
import type { PublishedModels } from '../../published-models.ts';
import type { VersionTotals } from '../../store/store.ts';
import { groupBy } from '../../analysis/group-by.ts';
import { modelNotFound } from './open-window.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models and /v1/models/:name: models with their versions, over all time. */
export function registerModels(app: FastifyInstance, { store, publishedModels }: Sources): void {
  const byModel = async () => groupBy(await store.totals(), ({ model }) => model);

  app.get('/v1/models', async (): Promise<ModelsAnswer> => ({
    models: await Promise.all(
      Array.from(await byModel(), ([name, rows]) => modelOf(name, rows, publishedModels)),
    ),
  }));

  app.get<ModelRequest>(
    '/v1/models/:name',
    { schema: modelSchema },
    async ({ params: { name } }): Promise<ModelSummary> => {
      const rows = (await byModel()).get(name);
      if (!rows) throw modelNotFound(name);
      return modelOf(name, rows, publishedModels);
    },
  );
}

async function modelOf(
  name: string,
  rows: readonly VersionTotals[],
  publishedModels: PublishedModels | null,
): Promise<ModelSummary> {
  const channels = await publishedModels?.channels(name).catch(() => undefined);
  const versions = await Promise.all(
    Array.from(
      groupBy(rows, ({ version }) => version),
      async ([version, parts]) => ({
        ...(await summarize(name, version, parts, publishedModels)),
        replaces: championOf(channels, version) ?? null,
      }),
    ),
  );
  return {
    name,
    versions: versions.toSorted((a, b) =>
      b.version.localeCompare(a.version, 'en', { numeric: true }),
    ),
  };
}

async function summarize(
  name: string,
  version: string,
  parts: readonly VersionTotals[],
  publishedModels: PublishedModels | null,
): Promise<Omit<VersionSummary, 'replaces'>> {
  const total = (pick: (row: VersionTotals) => number): number =>
    parts.reduce((sum, row) => sum + pick(row) * 2 ** row.sampling, 0);
  const shares = (name: (row: VersionTotals) => string): Record<string, number> =>
    Object.fromEntries(
      Array.from(groupBy(parts, name), ([key, rows]) => [
        key,
        rows.reduce((sum, { predictions, sampling }) => sum + predictions * 2 ** sampling, 0),
      ]),
    );
  const labelled = total((row) => row.labelled);
  // Show the counts even if the registry cannot be read.
  const published = await publishedModels?.find(name, version).catch(() => undefined);
  return {
    version,
    predictions: total((row) => row.predictions),
    errors: total((row) => row.errors),
    fallbacks: total((row) => row.fallbacks),
    sessions: {
      started: total((row) => row.sessionsStarted),
      degraded: total((row) => row.sessionsDegraded),
      failed: total((row) => row.sessionsFailed),
    },
    golden: { passed: total((row) => row.goldenPassed), failed: total((row) => row.goldenFailed) },
    profiles: parts.reduce((sum, row) => sum + row.profiles, 0),
    firstSeen: hourText(Math.min(...parts.map(({ firstHour }) => firstHour))),
    lastSeen: hourText(Math.max(...parts.map(({ lastHour }) => lastHour))),
    backends: shares(({ backend }) => backend),
    browsers: shares(({ browser }) => browser),
    segments: shares(({ segment }) => segment),
    labelled: labelled === 0 ? null : { count: labelled, correct: total((row) => row.correct) },
    hasReference: published?.reference != null,
  };
}
