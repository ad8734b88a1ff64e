import type { FastifyInstance } from 'fastify';
import { driftOf } from '../analysis/drift.ts';
import { parseWindow, sumProfiles } from '../analysis/window.ts';
import type { DriftAnswer } from '../api.ts';
import type { References } from '../references.ts';
import { Refusal } from '../refusal.ts';
import type { CollectorStore } from '../store/store.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models/:name/drift: a version's window against its reference. */
export function registerDrift(app: FastifyInstance, store: CollectorStore, references: References | null): void {
  app.get<ModelRequest>('/v1/models/:name/drift', { schema: modelSchema }, async ({ params, query }): Promise<DriftAnswer> => {
    const { name } = params;
    if (!references) throw new Refusal(404, 'NO_REGISTRY', 'The collector was started without a registry, where references come from: --registry ./registry');
    const version = query.version ?? (await latestVersion(store, name));
    const published = await references.find(name, version);
    if (!published?.reference) throw new Refusal(404, 'NO_REFERENCE', `${name}@${version} was published without a reference: pack it with --reference train.csv.`);
    const { from, to, fromHour, toHour } = parseWindow(query, Date.now());
    const { id, profile: reference } = published.reference;
    const sum = sumProfiles((await store.sums({ model: name, version, fromHour, toHour }, [])).filter(({ key }) => key.reference === id));
    if (!sum) throw new Refusal(404, 'NO_DATA', `Nothing was counted for ${name}@${version} from ${from} to ${to}.`);
    return { model: name, version, from, to, reference: id, predictions: sum.predictions, ...driftOf(sum, reference) };
  });
}

async function latestVersion(store: CollectorStore, name: string): Promise<string> {
  const own = (await store.totals()).filter(({ model }) => model === name);
  const latest = own.toSorted((a, b) => b.lastHour - a.lastHour || b.version.localeCompare(a.version, 'en', { numeric: true }))[0];
  if (!latest) throw new Refusal(404, 'MODEL_NOT_FOUND', `Nothing was counted for a model "${name}" yet.`);
  return latest.version;
}
