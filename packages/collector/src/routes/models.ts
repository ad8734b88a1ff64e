import type { FastifyInstance } from 'fastify';
import { hourText } from '../analysis/window.ts';
import type { ModelsAnswer, VersionSummary } from '../api.ts';
import type { References } from '../references.ts';
import type { CollectorStore, VersionTotals } from '../store/store.ts';

/** GET /v1/models: what is out there, by version. */
export function registerModels(app: FastifyInstance, store: CollectorStore, references: References | null): void {
  app.get('/v1/models', async (): Promise<ModelsAnswer> => {
    const byModel = groupBy(await store.totals(), ({ model }) => model);
    const models = await Promise.all(Array.from(byModel, async ([name, rows]) => {
      const byVersion = groupBy(rows, ({ version }) => version);
      const versions = await Promise.all(Array.from(byVersion, ([version, parts]) => summarize(name, version, parts, references)));
      return { name, versions: versions.toSorted((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true })) };
    }));
    return { models };
  });
}

async function summarize(name: string, version: string, parts: readonly VersionTotals[], references: References | null): Promise<VersionSummary> {
  const total = (pick: (row: VersionTotals) => number): number => parts.reduce((sum, row) => sum + pick(row), 0);
  const labelled = total((row) => row.labelled);
  // The registry may be out of reach; what was counted is shown all the same.
  const published = await references?.find(name, version).catch(() => undefined);
  return {
    version,
    predictions: total((row) => row.predictions),
    errors: total((row) => row.errors),
    fallbacks: total((row) => row.fallbacks),
    profiles: total((row) => row.profiles),
    firstSeen: hourText(Math.min(...parts.map(({ firstHour }) => firstHour))),
    lastSeen: hourText(Math.max(...parts.map(({ lastHour }) => lastHour))),
    backends: shareOf(parts, ({ backend }) => backend),
    labelled: labelled === 0 ? null : { count: labelled, correct: total((row) => row.correct) },
    hasReference: published?.reference != null,
  };
}

function shareOf(parts: readonly VersionTotals[], name: (row: VersionTotals) => string): Record<string, number> {
  return Object.fromEntries(Array.from(groupBy(parts, name), ([key, rows]) => [key, rows.reduce((sum, { predictions }) => sum + predictions, 0)]));
}

/** Map.groupBy, which Node 20 lacks. */
function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
