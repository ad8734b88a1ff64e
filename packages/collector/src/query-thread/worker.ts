import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { parentPort, workerData } from 'node:worker_threads';
import fastify from 'fastify';
import { trackedAlerts } from '../alerts/alerting.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import { checkModels } from '../monitor/check-models.ts';
import type { CheckResult } from '../monitor/check-models.ts';
import { answerErrors, answerNotFound } from '../http/error-answers.ts';
import { createPublishedModels } from '../published-models.ts';
import { registerReads } from './routes/register-reads.ts';
import { openReader } from '../store/open.ts';
import type { Answer, Order, Query, QueryOptions, Report } from './messages.ts';

// The query thread: opens the store and the registry by itself and serves the reading routes
// without a port.

/** Headers to pass on. The main thread sets the others. */
const HEADERS = ['content-type', 'content-disposition', 'retry-after'];

const port = parentPort;
if (!port) throw new Error('This file is a worker; it is started by query-thread.js.');
const {
  store: kind,
  dataDir,
  registry,
  rules,
  drift,
  windowHours,
  minDevices,
  canRollBack,
} = workerData as QueryOptions;
const logger = { error: (...what: unknown[]) => tell({ kind: 'log', what }) };
const store = await openReader(kind, dataDir);
const publishedModels = registry === undefined ? null : createPublishedModels(registry, { logger });
const sources: Sources = { store, publishedModels, minDevices };
const app = fastify();
answerErrors(app, logger);
answerNotFound(app);
registerReads(app, sources, {
  tracked: () => trackedAlerts(store),
  rules,
  drift,
  registry,
  publishedModels,
  canRollBack,
});
await app.ready();

port.on('message', (order: Order) => {
  if (order.kind === 'close') void close();
  else void run(order.id, order.query);
});

async function run(id: number, query: Query): Promise<void> {
  try {
    const value = await valueOf(query);
    tell({ kind: 'done', id, value }, 'body' in value ? [value.body] : []);
  } catch (error) {
    tell({ kind: 'failed', id, error });
  }
}

async function valueOf(query: Query): Promise<Answer | CheckResult> {
  if (query.kind === 'check')
    return checkModels(sources, {
      rules,
      drift,
      fromHour: query.toHour - windowHours,
      toHour: query.toHour,
      logger,
    });
  const response = await app.inject({ method: 'GET', url: query.url, payloadAsStream: true });
  const body = response.stream();
  // When the client aborts an export, stop reading.
  body.once('close', () => void response.raw.res.destroy());
  const headers = Object.fromEntries(
    HEADERS.flatMap((name) =>
      response.headers[name] === undefined ? [] : [[name, String(response.headers[name])]],
    ),
  );
  return {
    status: response.statusCode,
    headers,
    body: Readable.toWeb(body) as ReadableStream<Uint8Array> as Answer['body'],
  };
}

/** Sends a report. Values that cannot be cloned are sent as text. */
function tell(report: Report, transfer: readonly unknown[] = []): void {
  try {
    port?.postMessage(report, transfer as []);
  } catch (error) {
    if (report.kind === 'log') port?.postMessage({ ...report, what: report.what.map(String) });
    else
      port?.postMessage({
        kind: 'failed',
        id: report.id,
        error: String(report.kind === 'failed' ? report.error : error),
      } satisfies Report);
  }
}

async function close(): Promise<void> {
  await store.close();
  // A pending registry request would keep the thread alive.
  process.exit();
}
