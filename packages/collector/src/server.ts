import { join } from 'node:path';
import cors from '@fastify/cors';
import fastify from 'fastify';
import { createAlerting } from './alerts/alerting.ts';
import { DEFAULT_RULES } from './alerts/rules.ts';
import type { Sources } from './analysis/read-fleet.ts';
import { checkKeys, requireAdmin } from './auth.ts';
import { serveDashboard } from './dashboard-files.ts';
import { createOtlpExporter } from './export/otlp.ts';
import { addHeaders, answerErrors } from './http.ts';
import { createAdmission } from './ingest/admission.ts';
import { createCommitter } from './ingest/committer.ts';
import { createRateLimit } from './ingest/rate-limit.ts';
import { createCounting } from './metrics/counts.ts';
import { registerMetrics } from './metrics/routes.ts';
import { driftOptions, startMonitor } from './monitor.ts';
import type { CollectorOptions, StoreOptions } from './options.ts';
import { createReferences } from './references.ts';
import type { References } from './references.ts';
import { registerAlerts } from './routes/alerts.ts';
import { registerAudit } from './routes/audit.ts';
import { registerCompare } from './routes/compare.ts';
import { registerDrift } from './routes/drift.ts';
import { registerExport } from './routes/export.ts';
import { registerLatency } from './routes/latency.ts';
import { registerModels } from './routes/models.ts';
import { registerOverview } from './routes/overview.ts';
import { registerPerformance } from './routes/performance.ts';
import { registerProfiles } from './routes/profiles.ts';
import { registerRetraining } from './routes/retraining.ts';
import { registerTimeline } from './routes/timeline.ts';
import { openClickHouseStore } from './store/clickhouse/clickhouse-store.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { CollectorStore } from './store/store.ts';
import { startTimer } from './timer.ts';

export interface Collector {
  readonly url: string;
  readonly port: number;
  /** Commits what waits, then ends. */
  close(): Promise<void>;
}

const MAX_UPLOAD_BYTES = 256 * 1024;
const UPLOADS_PER_MINUTE = 600;
const MIN_DEVICES = 50;
/** What a device gives an upload, too. Without one, a body that never ends would keep its connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;
const HOUR_MS = 3_600_000;
const OTLP_MS = 60_000;
const UPLOADS = '/v1/profiles';

/** Ingest, analysis, alerts and dashboard in one process. @throws Error for options that cannot work, or a port that is taken */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const { port = 4700, host = '127.0.0.1', dataDir = join('.perigee', 'collector'), registry, allowedOrigins, uploadsPerMinute = UPLOADS_PER_MINUTE, rules = DEFAULT_RULES, notifiers = {}, minDevices = MIN_DEVICES, logger = console } = options;
  checkKeys(options);
  const metrics = createCounting();
  const store = metrics.counting(await openStore(options.store ?? { kind: 'sqlite' }, dataDir));
  metrics.seed(await store.totals());
  const committer = createCommitter(store);
  const references: References | null = registry === undefined ? null : createReferences(registry, { logger });
  const sources: Sources = { store, references, minDevices };
  const alerting = createAlerting({ store, rules, notifiers, publicUrl: options.publicUrl ?? urlOf(host, port), logger });
  const drift = driftOptions(rules, options);
  const monitor = startMonitor(sources, rules, alerting, logger, options);
  const app = fastify({ bodyLimit: MAX_UPLOAD_BYTES, forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS, trustProxy: options.trustProxy ?? false });

  // Other sites' pages may send, and read nothing: a collector on somebody's own machine is within reach of every page that person opens.
  const senders = { origin: allowedOrigins ? [...allowedOrigins] : '*', methods: ['POST'] };
  await app.register(cors, () => (request: { readonly url?: string }, callback: (error: Error | null, options: object) => void) => callback(null, request.url?.startsWith(UPLOADS) ? senders : { origin: false }));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['text/plain', 'application/octet-stream'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  addHeaders(app);
  answerErrors(app, logger);
  requireAdmin(app, options, host);
  app.get('/v1/health', async () => {
    await store.check();
    return { ok: true };
  });
  registerProfiles(app, { committer, references, limit: createRateLimit(uploadsPerMinute), admit: createAdmission(), allowedOrigins, auth: options });
  registerModels(app, sources);
  registerOverview(app, sources, alerting, drift);
  registerTimeline(app, sources);
  registerLatency(app, sources);
  registerDrift(app, sources, drift);
  registerPerformance(app, sources);
  registerCompare(app, sources);
  registerAlerts(app, alerting);
  registerAudit(app, store, alerting);
  registerExport(app, store, references);
  registerRetraining(app, sources, drift);
  registerMetrics(app, { counts: metrics.counts, alerts: alerting.tracked, gauges: monitor.gauges });
  await serveDashboard(app);

  const otlp = options.otlp && references ? createOtlpExporter({ ...options.otlp, store, references, logger }) : undefined;
  const timers = [
    startTimer(HOUR_MS, () => store.maintain(Date.now()), 'Old counts could not be rolled up.', logger),
    ...(otlp ? [startTimer(OTLP_MS, () => otlp.exportClosedHours(Date.now()), 'Metrics could not be exported.', logger)] : []),
  ];
  app.addHook('onClose', async () => {
    await Promise.all([monitor.close(), ...timers.map((timer) => timer.close())]);
    await committer.flush();
    await alerting.close();
    await store.close();
  });

  try {
    await app.listen({ port, host });
  } catch (error) {
    await app.close();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(`Port ${port} is taken by another program. Stop that program, or start the collector with another port.`, { cause: error });
    }
    throw error;
  }
  const address = app.server.address();
  const listening = typeof address === 'object' && address ? address.port : port;
  return { url: urlOf(host, listening), port: listening, close: () => app.close() };
}

async function openStore(store: StoreOptions, dataDir: string): Promise<CollectorStore> {
  return store.kind === 'clickhouse' ? openClickHouseStore(store) : openSqliteStore(join(dataDir, 'collector.sqlite'));
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
