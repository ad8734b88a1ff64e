import cors from '@fastify/cors';
import type { FastifyCorsOptions } from '@fastify/cors';
import fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../settings.ts';
import { answerErrors } from './error-answers.ts';
import { addHeaders } from './headers.ts';
import { registerRateLimits } from './rate-limit.ts';
import { UPLOADS_PATH } from './uploads-path.ts';

const MAX_UPLOAD_BYTES = 256 * 1024;
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

/**
 * Creates the HTTP server without routes: limits, CORS, headers and the form of errors.
 * @throws Error for an invalid number of proxies
 */
export async function createApp(settings: Settings): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: MAX_UPLOAD_BYTES,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node applies the longer of the header and request timeouts to the whole request. Its default
    // of 60 s for headers would allow 60 s in total.
    http: {
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
    },
    trustProxy: proxiesOf(settings.trustProxy),
  });
  await app.register(cors, { delegator: corsOf(settings) });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['text/plain', 'application/octet-stream'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  addHeaders(app);
  answerErrors(app, settings.logger);
  await registerRateLimits(app);
  return app;
}

/**
 * Pages of other sites may upload but not read: any page that a user opens can reach a collector on
 * that user's machine.
 */
function corsOf({ allowedOrigins }: Settings) {
  const uploads = { origin: allowedOrigins ? [...allowedOrigins] : '*', methods: ['POST'] };
  return (
    { url }: FastifyRequest,
    done: (error: Error | null, options: FastifyCorsOptions) => void,
  ): void => done(null, url.startsWith(UPLOADS_PATH) ? uploads : { origin: false });
}

/** @throws Error for an invalid number of proxies */
function proxiesOf(
  trusted: Settings['trustProxy'] = false,
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
