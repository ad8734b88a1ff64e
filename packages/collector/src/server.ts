import { join } from 'node:path';
import cors from '@fastify/cors';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance } from 'fastify';
import { serveDashboard } from './dashboard-files.ts';
import { DRIFT_DEFAULTS } from './analysis/drift.ts';
import type { Sources } from './analysis/read-fleet.ts';
import { createAdmission } from './ingest/admission.ts';
import { createCommitter } from './ingest/committer.ts';
import { createRateLimit } from './ingest/rate-limit.ts';
import { createReferences } from './references.ts';
import type { References } from './references.ts';
import { Refusal } from './refusal.ts';
import { registerCompare } from './routes/compare.ts';
import { registerDrift } from './routes/drift.ts';
import { registerLatency } from './routes/latency.ts';
import { registerModels } from './routes/models.ts';
import { registerPerformance } from './routes/performance.ts';
import { registerProfiles } from './routes/profiles.ts';
import { registerTimeline } from './routes/timeline.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';

export interface CollectorOptions {
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
/** What a device gives an upload, too. Without one, a body that never ends would keep its connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Ingest, analysis and dashboard in one process. */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const { port = 4700, host = '127.0.0.1', dataDir = join('.perigee', 'collector'), registry, allowedOrigins, uploadsPerMinute = UPLOADS_PER_MINUTE, logger = console } = options;
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const committer = createCommitter(store);
  const references: References | null = registry === undefined ? null : createReferences(registry, { logger });
  const app = fastify({ bodyLimit: MAX_UPLOAD_BYTES, forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });

  await app.register(cors, { origin: allowedOrigins ? [...allowedOrigins] : '*', methods: ['GET', 'POST'] });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['text/plain', 'application/octet-stream'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  addHeaders(app);
  answerErrors(app, logger);
  app.get('/v1/health', async () => ({ ok: true }));
  registerProfiles(app, { committer, references, limit: createRateLimit(uploadsPerMinute), admit: createAdmission(), allowedOrigins });
  const sources: Sources = { store, references };
  registerModels(app, sources);
  registerTimeline(app, sources);
  registerLatency(app, sources);
  registerDrift(app, sources, DRIFT_DEFAULTS);
  registerPerformance(app, sources);
  registerCompare(app, sources);
  await serveDashboard(app);
  app.addHook('onClose', async () => {
    await committer.flush();
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
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}/`, port: listening, close: () => app.close() };
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
