import type { FastifyInstance } from 'fastify';
import { registerAlerts } from './alerts/routes.ts';
import { registerAudit } from './audit/routes.ts';
import { serveDashboard } from './http/dashboard-files.ts';
import { requireAdmin } from './http/auth.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { createAdmission } from './ingest/admission.ts';
import { registerLabels } from './ingest/labels-route.ts';
import { oldWindowLimitOf } from './ingest/old-windows.ts';
import { registerProfiles } from './ingest/profiles-route.ts';
import { createSamplingCheck } from './ingest/sampling.ts';
import { noteGuards } from './monitor/guard-seen.ts';
import { registerFreshness } from './freshness.ts';
import { registerMetrics } from './prometheus/routes.ts';
import { registerQueries } from './query-thread/register-queries.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';
import { registerShareLinks } from './sharing/routes.ts';
import { createShareLinks } from './sharing/share-links.ts';

/** Registers the admin key for reads, and every route of the collector. */
export async function registerRoutes(
  app: FastifyInstance,
  settings: Settings,
  services: Services,
): Promise<void> {
  const { store, alerting, monitor, queries, counts, publishedModels } = services;
  const { adminKey, host } = settings;
  const shareLinks = adminKey === undefined ? null : createShareLinks(store, adminKey);
  await requireAdmin(app, settings, host, shareLinks);
  // Answers as long as the process serves requests, whatever the state of the store.
  app.get('/v1/live', async () => ({ ok: true }));
  app.get('/v1/health', async () => {
    await store.check();
    return { ok: true };
  });
  registerUploads(app, settings, services);
  noteGuards(app, store, settings.logger);
  registerQueries(app, queries);
  registerAlerts(app, { store, alerting, publishedModels, rollBack: settings.rollBack });
  registerAudit(app, store, alerting);
  registerShareLinks(app, store, shareLinks);
  registerFreshness(app, services);
  registerMetrics(app, { counts, alerts: alerting.tracked, gauges: monitor.gauges });
  await serveDashboard(app);
}

function registerUploads(
  app: FastifyInstance,
  settings: Settings,
  { store, committer, publishedModels, mismatches }: Services,
): void {
  // Both routes take from one limit.
  const limit = createRateLimit(app, {
    max: settings.uploadsPerMinute,
    windowMs: 60_000,
    what: 'uploads a minute',
  });
  registerLabels(app, { committer, publishedModels, limit, auth: settings });
  registerProfiles(app, {
    committer,
    publishedModels,
    limit,
    isStored: (batchId) => store.isStored(batchId),
    oldWindowLimit: createRateLimit(app, oldWindowLimitOf(settings.uploadsPerMinute)),
    checkSampling: createSamplingCheck(settings.sampling, settings.logger),
    admit: createAdmission(),
    mismatches,
    allowedOrigins: settings.allowedOrigins,
    auth: settings,
  });
}
