import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.ts';

export function addHeaders(app: FastifyInstance): void {
  // Callback style instead of async, for speed: every upload runs this hook.
  app.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    const isUpload = request.url.startsWith('/v1/profiles');
    if (request.url.startsWith('/v1/'))
      void reply
        .header('cache-control', 'no-store')
        .header('cross-origin-resource-policy', isUpload ? 'cross-origin' : 'same-origin');
    else
      void reply.header(
        'content-security-policy',
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
          "frame-ancestors 'none'",
      );
    done();
  });
}

export function answerNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler(notFound);
}

export async function notFound(
  { method, url }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return reply
    .code(404)
    .send({ error: { code: 'NOT_FOUND', message: `There is no ${method} ${url}.` } });
}

export function answerErrors(app: FastifyInstance, logger: Pick<Console, 'error'>): void {
  const told = new WeakSet<Error>();
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply) => {
    if (error instanceof Refusal) {
      // Log the cause for the operator, once for all uploads that failed because of it.
      if (error.cause instanceof Error && !told.has(error.cause)) logger.error(error.cause);
      if (error.cause instanceof Error) told.add(error.cause);
      if (error.retryAfterSeconds !== undefined)
        void reply.header('retry-after', error.retryAfterSeconds);
      return reply.code(error.status).send({ error: { code: error.code, message: error.message } });
    }
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500)
      return reply.code(status).send({
        error: { code: status === 413 ? 'TOO_LARGE' : 'WRONG_CONTENT', message: error.message },
      });
    // Details go to the operator's log. The device only needs to know that it should retry.
    logger.error(error);
    return reply
      .code(503)
      .header('retry-after', 60)
      .send({
        error: { code: 'UNAVAILABLE', message: 'The collector could not answer; try again later.' },
      });
  });
}
