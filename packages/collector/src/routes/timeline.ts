import type { FastifyInstance } from 'fastify';
import { hourText, parseWindow } from '../analysis/window.ts';
import type { TimelineAnswer } from '../api.ts';
import type { CollectorStore } from '../store/store.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models/:name/timeline: predictions and errors by hour and version. */
export function registerTimeline(app: FastifyInstance, store: CollectorStore): void {
  app.get<ModelRequest>('/v1/models/:name/timeline', { schema: modelSchema }, async ({ params, query }): Promise<TimelineAnswer> => {
    const { from, to, fromHour, toHour } = parseWindow(query, Date.now());
    const rows = await store.timeline({ model: params.name, fromHour, toHour, ...(query.version !== undefined && { version: query.version }) });
    return { model: params.name, from, to, points: rows.map(({ hour, ...rest }) => ({ hour: hourText(hour), ...rest })) };
  });
}
