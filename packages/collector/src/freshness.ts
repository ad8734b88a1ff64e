import type { FastifyInstance } from 'fastify';
import { hourText } from './analysis/window.ts';
import type { FreshnessAnswer } from './api.ts';
import type { Services } from './services.ts';

/** GET /v1/freshness: whether uploads arrive, and what the collector has still to do. */
export function registerFreshness(
  app: FastifyInstance,
  { store, committer, alerting }: Pick<Services, 'store' | 'committer' | 'alerting'>,
): void {
  app.get('/v1/freshness', async (): Promise<FreshnessAnswer> => {
    const newest = await store.newestHour();
    const lastMs = committer.lastMs();
    return {
      now: new Date().toISOString(),
      lastUploadAt: lastMs === undefined ? null : new Date(lastMs).toISOString(),
      newestHour: newest === undefined ? null : hourText(newest),
      waitingUploads: committer.waiting(),
      waitingMessages: alerting.waiting(),
    };
  });
}
