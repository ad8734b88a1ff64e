import { join } from 'node:path';
import cors from '@fastify/cors';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance } from 'fastify';
import { serveDashboard } from './dashboard-files.ts';
import { createAlerting } from './alerts/alerting.ts';
import type { Notifier } from './alerts/notify/notifier.ts';
import { DEFAULT_RULES } from './alerts/rules.ts';
import type { Rules } from './alerts/rules.ts';
import type { Sources } from './analysis/read-fleet.ts';
import { checkKeys, requireAdmin } from './auth.ts';
import type { AuthOptions } from './auth.ts';
import { createAdmission } from './ingest/admission.ts';
import { createCommitter } from './ingest/committer.ts';
import { createRateLimit } from './ingest/rate-limit.ts';
import { driftOptions, startMonitor } from './monitor.ts';
import type { MonitorOptions } from './monitor.ts';
import { createReferences } from './references.ts';
import type { References } from './references.ts';
import { Refusal } from './refusal.ts';
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
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';

export interface CollectorOptions extends AuthOptions, MonitorOptions {
  /** Default 4700; 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Where the store is. Default `.perigee/collector`. */
  readonly dataDir?: string;
  /** URL or folder of the registry the models are published to. Without it uploads are taken unchecked and there is no drift. */
  readonly registry?: string;
  /** Pages that may send. Default: any. */
  readonly allowedOrigins?: readonly string[];
  readonly uploadsPerMinute?: number;
  /** What is worth an alert. Default: DEFAULT_RULES. */
  readonly rules?: Rules;
  /** Who is told, by the name the rules' routes call them. Default: nobody; alerts are on the dashboard. */
  readonly notifiers?: Readonly<Record<string, Notifier>>;
  /** Where people open the dashboard, for links in messages. Default: where it listens. */
  readonly publicUrl?: string;
  /** Device-hours below which a slice of the fleet (a segment, a backend, a browser) is not shown. Default 50. */
  readonly minDevices?: number;
  /** Where faults of the collector itself go. Default: the console. */
  readonly logger?: Pick<Console, 'error'>;
}

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
const MAINTAIN_MS = 3_600_000;

/** Ingest, analysis, alerts and dashboard in one process. @throws Error for options that cannot work, or a port that is taken */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const { port = 4700, host = '127.0.0.1', dataDir = join('.perigee', 'collector'), registry, allowedOrigins, uploadsPerMinute = UPLOADS_PER_MINUTE, rules = DEFAULT_RULES, notifiers = {}, minDevices = MIN_DEVICES, logger = console } = options;
  checkKeys(options);
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const committer = createCommitter(store);
  const references: References | null = registry === undefined ? null : createReferences(registry, { logger });
  const sources: Sources = { store, references, minDevices };
  const shownAt = options.publicUrl ?? urlOf(host, port);
  const alerting = createAlerting({ store, rules, notifiers, publicUrl: shownAt, logger });
  const drift = driftOptions(rules, options);
  const app = fastify({ bodyLimit: MAX_UPLOAD_BYTES, forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });

  await app.register(cors, { origin: allowedOrigins ? [...allowedOrigins] : '*', methods: ['GET', 'POST'] });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['text/plain', 'application/octet-stream'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  addHeaders(app);
  answerErrors(app, logger);
  requireAdmin(app, options);
  app.get('/v1/health', async () => ({ ok: true }));
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
  await serveDashboard(app);
  const monitor = startMonitor(sources, rules, alerting, logger, options);
  const maintenance = setInterval(() => void store.maintain(Date.now()).catch((error: unknown) => logger.error('Old counts could not be rolled up.', error)), MAINTAIN_MS);
  maintenance.unref();
  app.addHook('onClose', async () => {
    clearInterval(maintenance);
    await monitor.close();
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

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

function addHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    if (request.url.startsWith('/v1/')) void reply.header('cache-control', 'no-store').header('cross-origin-resource-policy', 'cross-origin');
    else void reply.header('content-security-policy', "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'");
  });
}

function answerErrors(app: FastifyInstance, logger: Pick<Console, 'error'>): void {
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply) => {
    if (error instanceof Refusal) {
      if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', error.retryAfterSeconds);
      return reply.code(error.status).send({ error: { code: error.code, message: error.message } });
    }
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500) return reply.code(status).send({ error: { code: status === 413 ? 'TOO_LARGE' : 'WRONG_CONTENT', message: error.message } });
    // What broke is for the operator's eyes; a device only needs to know that it should come again.
    logger.error(error);
    return reply.code(503).header('retry-after', 60).send({ error: { code: 'UNAVAILABLE', message: 'The collector could not answer; try again later.' } });
  });
}
