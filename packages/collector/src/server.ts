import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import cors from '@fastify/cors';
import fastify from 'fastify';
import { createAlerting } from './alerts/alerting.ts';
import { DEFAULT_RULES } from './alerts/rules.ts';
import { checkKeys, requireAdmin } from './http/auth.ts';
import { serveDashboard } from './http/dashboard-files.ts';
import { createOtlpExporter } from './export/otlp.ts';
import { answerErrors } from './http/error-answers.ts';
import { addHeaders } from './http/headers.ts';
import { createAdmission } from './ingest/admission.ts';
import { createCommitter } from './ingest/committer.ts';
import { createMismatches } from './ingest/mismatches.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { createSamplingCheck } from './ingest/sampling.ts';
import { createCounting } from './metrics/counts.ts';
import { registerMetrics } from './metrics/routes.ts';
import { driftOptions, startMonitor, WINDOW_HOURS } from './monitor/monitor.ts';
import type { CollectorOptions } from './options.ts';
import { createQueryThread } from './query-thread/query-thread.ts';
import { registerQueries } from './query-thread/register-queries.ts';
import { createPublishedModels } from './published-models.ts';
import type { PublishedModels } from './published-models.ts';
import { registerAlerts } from './alerts/routes.ts';
import { registerAudit } from './audit/routes.ts';
import { registerLabels } from './ingest/labels-route.ts';
import { registerProfiles } from './ingest/profiles-route.ts';
import { openStore } from './store/open.ts';
import { keepUp } from './store/upkeep.ts';
import { startTimer } from './timer.ts';

export interface Collector {
  readonly url: string;
  readonly port: number;
  /** Commits waiting uploads, then stops the server. */
  close(): Promise<void>;
}

const MAX_UPLOAD_BYTES = 256 * 1024;
const UPLOADS_PER_MINUTE = 600;
const MIN_DEVICES = 50;
/**
 * Same as the upload timeout of devices. Without it, an unfinished body would keep its connection
 * open forever.
 */
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * How often Node checks for timed-out requests. With its default of 30 s, a 30 s timeout could take
 * 60 s.
 */
const CHECK_CONNECTIONS_MS = 1_000;
const HOUR_MS = 3_600_000;
const OTLP_MS = 60_000;
const MISMATCHES_MS = 60_000;
const UPLOADS = '/v1/profiles';

/**
 * Starts ingest, analysis, alerts and the dashboard in one process.
 * @throws Error for invalid options, or if the port is in use
 * @example
 * ```ts
 * const adminKey = process.env.PERIGEE_COLLECTOR_ADMIN_KEY;
 * const collector = await startCollector({ registry: './registry', adminKey });
 * console.log(collector.url);
 * await collector.close();
 * ```
 */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const {
    port = 4700,
    host = '127.0.0.1',
    registry,
    allowedOrigins,
    uploadsPerMinute = UPLOADS_PER_MINUTE,
    store: kind = { kind: 'sqlite' },
    rules = DEFAULT_RULES,
    notifiers = {},
    minDevices = MIN_DEVICES,
    windowHours = WINDOW_HOURS,
    logger = console,
  } = options;
  // Make the path absolute: the query thread opens it later, when the working directory may have
  // changed.
  const dataDir = resolve(options.dataDir ?? join('.perigee', 'collector'));
  checkKeys(options);
  const metrics = createCounting();
  const store = metrics.counting(await openStore(kind, dataDir));
  metrics.seed(await store.totals());
  const committer = createCommitter(store);
  const publishedModels: PublishedModels | null =
    registry === undefined ? null : createPublishedModels(registry, { logger });
  const alerting = createAlerting({
    store,
    rules,
    notifiers,
    publicUrl: options.publicUrl ?? urlOf(host, port),
    logger,
  });
  const mismatches = createMismatches(store, `${hostname()}:${port}`);
  const settle = async (): Promise<void> => {
    await mismatches.flush();
    await store.settle();
  };
  const queries = createQueryThread(
    {
      store: kind,
      dataDir,
      registry,
      rules,
      drift: driftOptions(rules, options),
      windowHours,
      minDevices,
    },
    settle,
    logger,
  );
  const monitor = startMonitor(queries, store, alerting, logger, options);
  // Node applies the longer of the header and request timeouts to the whole request. Its default of
  // 60 s for headers would allow 60 s in total.
  const http = {
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
  };
  const app = fastify({
    bodyLimit: MAX_UPLOAD_BYTES,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http,
    trustProxy: proxiesOf(options.trustProxy),
  });

  // Pages of other sites may upload but not read: any page that a user opens can reach a collector
  // on that user's machine.
  const senders = { origin: allowedOrigins ? [...allowedOrigins] : '*', methods: ['POST'] };
  await app.register(
    cors,
    () =>
      (
        request: { readonly url?: string },
        callback: (error: Error | null, options: object) => void,
      ) =>
        callback(null, request.url?.startsWith(UPLOADS) ? senders : { origin: false }),
  );
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['text/plain', 'application/octet-stream'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  addHeaders(app);
  answerErrors(app, logger);
  requireAdmin(app, options, host);
  app.get('/v1/health', async () => {
    await store.check();
    return { ok: true };
  });
  const limit = createRateLimit(uploadsPerMinute);
  registerLabels(app, { committer, publishedModels, limit, auth: options });
  registerProfiles(app, {
    committer,
    publishedModels,
    limit,
    checkSampling: createSamplingCheck(options.sampling, logger),
    admit: createAdmission(),
    mismatches,
    allowedOrigins,
    auth: options,
  });
  registerQueries(app, queries);
  registerAlerts(app, alerting);
  registerAudit(app, store, alerting);
  registerMetrics(app, {
    counts: metrics.counts,
    alerts: alerting.tracked,
    gauges: monitor.gauges,
  });
  await serveDashboard(app);

  const otlp =
    options.otlp && publishedModels
      ? createOtlpExporter({ ...options.otlp, store, publishedModels, logger })
      : undefined;
  const timers = [
    startTimer(
      HOUR_MS,
      () => keepUp(store, Date.now(), logger),
      'Old counts could not be rolled up.',
      logger,
    ),
    startTimer(
      MISMATCHES_MS,
      () => mismatches.flush(),
      'Refused uploads could not be noted.',
      logger,
    ),
    ...(otlp
      ? [
          startTimer(
            OTLP_MS,
            () => otlp.exportClosedHours(Date.now()),
            'Metrics could not be exported.',
            logger,
          ),
        ]
      : []),
  ];
  app.addHook('onClose', async () => {
    await Promise.all([monitor.close(), ...timers.map((timer) => timer.close())]);
    await queries.close();
    await committer.flush();
    await alerting.close();
    await store.close();
  });

  try {
    await app.listen({ port, host });
  } catch (error) {
    await app.close();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(
        `Port ${port} is taken by another program. Stop that program, or start the collector ` +
          'with another port.',
        { cause: error },
      );
    }
    throw error;
  }
  const address = app.server.address();
  const listening = typeof address === 'object' && address ? address.port : port;
  return { url: urlOf(host, listening), port: listening, close: () => app.close() };
}

/** @throws Error for an invalid number of proxies */
function proxiesOf(
  trusted: CollectorOptions['trustProxy'] = false,
): string[] | false | ((address: string, hop: number) => boolean) {
  if (typeof trusted === 'object') return [...trusted];
  const hops = Number(trusted);
  if (!Number.isInteger(hops) || hops < 0)
    throw new Error(
      'trustProxy: expected the number of proxies before the collector, or their addresses; ' +
        `got ${trusted}.`,
    );
  return hops === 0 ? false : (_address, hop) => hop < hops;
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
