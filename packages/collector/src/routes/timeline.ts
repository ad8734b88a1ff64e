import type { FastifyInstance } from 'fastify';
import { checkSlice, windowQuery } from '../analysis/read-fleet.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import { hourText, parseWindow } from '../analysis/window.ts';
import type { TimelineAnswer } from '../api.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models/:name/timeline: predictions, errors and sessions by hour and version. */
export function registerTimeline(app: FastifyInstance, sources: Sources): void {
  app.get<ModelRequest>('/v1/models/:name/timeline', { schema: modelSchema }, async ({ params, query }): Promise<TimelineAnswer> => {
    const window = parseWindow(query, Date.now());
    await checkSlice(sources, params.name, query, window);
    const rows = await sources.store.timeline(windowQuery(params.name, query, window));
    return { model: params.name, from: window.from, to: window.to, points: rows.map(({ hour, ...rest }) => ({ hour: hourText(hour), ...rest })) };
  });
}
