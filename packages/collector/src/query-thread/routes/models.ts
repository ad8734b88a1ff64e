import type { FastifyInstance } from 'fastify';
import type { Sources } from '../../analysis/read-fleet.ts';
import { championOf } from '../../analysis/rollout-share.ts';
import { hourText } from '../../analysis/window.ts';
import type { ModelsAnswer, VersionSummary } from '../../api.ts';
import type { PublishedModels } from '../../published-models.ts';
import type { VersionTotals } from '../../store/store.ts';
import { groupBy } from '../../analysis/group-by.ts';

/** GET /v1/models: all models and versions, over all time. */
export function registerModels(app: FastifyInstance, { store, publishedModels }: Sources): void {
  app.get('/v1/models', async (): Promise<ModelsAnswer> => {
    const byModel = groupBy(await store.totals(), ({ model }) => model);
    const models = await Promise.all(
      Array.from(byModel, async ([name, rows]) => {
        const byVersion = groupBy(rows, ({ version }) => version);
        const channels = await publishedModels?.channels(name).catch(() => undefined);
        const versions = await Promise.all(
          Array.from(byVersion, async ([version, parts]) => ({
            ...(await summarize(name, version, parts, publishedModels)),
            replaces: championOf(channels, version) ?? null,
          })),
        );
        return {
          name,
          versions: versions.toSorted((a, b) =>
            b.version.localeCompare(a.version, 'en', { numeric: true }),
          ),
        };
      }),
    );
    return { models };
  });
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
