import type { FastifyInstance } from 'fastify';
import type { AlertsAnswer } from '../api.ts';
import { readLog, responsesOf } from './log/alert-log.ts';
import { registerResponses } from './log/response-routes.ts';
import { registerRollback } from './log/rollback-route.ts';
import type { RollbackSources } from './log/rollback-route.ts';
import { viewOf } from './view.ts';

const MAX_ALERTS = 500;

/** GET /v1/alerts?state=open|all, latest first; and what people do about one. */
export function registerAlerts(app: FastifyInstance, sources: RollbackSources): void {
  const { store, alerting } = sources;
  const querystring = {
    type: 'object',
    properties: { state: { type: 'string', enum: ['open', 'all'] } },
  } as const;
  app.get<{ Querystring: { readonly state?: 'open' | 'all' } }>(
    '/v1/alerts',
    { schema: { querystring } },
    async ({ query }): Promise<AlertsAnswer> => {
      const open = await alerting.open();
      const ids = new Set(open.map(({ id }) => id));
      const ended =
        query.state === 'all'
          ? (await alerting.history(MAX_ALERTS)).filter(({ id }) => !ids.has(id))
          : [];
      const responses = await responsesOf(store, await readLog(store), Date.now());
      return {
        alerts: [...open, ...ended].flatMap(
          (alert) => viewOf(alert, responses.get(alert.id)) ?? [],
        ),
      };
    },
  );
  registerResponses(app, store, alerting);
  registerRollback(app, sources);
}
