import type { FastifyInstance } from 'fastify';
import { compareVersions } from '../analysis/compare.ts';
import { checkSlice, windowQuery } from '../analysis/read-fleet.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import { rolloutShare, shareSince } from '../analysis/rollout-share.ts';
import { hourText, parseWindow } from '../analysis/window.ts';
import type { CompareAnswer } from '../api.ts';
import { Refusal } from '../refusal.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

const DEFAULT_DAYS = 14;
const DAY_MS = 86_400_000;

/** GET /v1/models/:name/compare?champion=1.0.0&challenger=1.1.0: is the new version worse? From the challenger's first hour on, by default. */
export function registerCompare(app: FastifyInstance, sources: Sources): void {
  const { store, references } = sources;
  app.get<ModelRequest>('/v1/models/:name/compare', { schema: modelSchema }, async ({ params: { name }, query }): Promise<CompareAnswer> => {
    const { champion, challenger } = query;
    if (champion === undefined || challenger === undefined || champion === challenger) throw new Refusal(400, 'INVALID_INPUT', 'Two versions are compared: ?champion=1.0.0&challenger=1.1.0');
    const window = parseWindow({ from: query.from ?? new Date(Date.now() - DEFAULT_DAYS * DAY_MS).toISOString(), ...(query.to !== undefined && { to: query.to }) }, Date.now());
    await checkSlice(sources, name, { ...query, version: challenger }, window);
    const read = async (version: string, fromHour: number) => store.sums(windowQuery(name, { ...query, version }, { ...window, fromHour }), ['group', 'hour']);
    const after = await read(challenger, window.fromHour);
    if (after.length === 0) throw new Refusal(404, 'NO_DATA', `Nothing was counted for ${name}@${challenger} from ${window.from} to ${window.to}.`);
    // What the champion did before there was anything to compare with would be compared with other days.
    const fromHour = Math.min(...after.map(({ key }) => key.hour));
    const before = await read(champion, fromHour);
    if (before.length === 0) throw new Refusal(404, 'NO_DATA', `Nothing was counted for ${name}@${champion} since ${hourText(fromHour)}, when ${challenger} was first seen.`);
    const file = await references?.channels(name).catch(() => undefined);
    const share = rolloutShare(file, challenger);
    return { model: name, champion, challenger, from: hourText(fromHour), to: window.to, ...compareVersions({ champion: before, challenger: after }, share, shareSince(file)) };
  });
}
