import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

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
  const logged = new WeakSet<Error>();
  app.setErrorHandler((error: FastifyError | HttpError, _request, reply) => {
    if (error instanceof HttpError) {
      // Log the cause for the operator, once for all uploads that failed because of it.
      if (error.cause instanceof Error && !logged.has(error.cause)) logger.error(error.cause);
      if (error.cause instanceof Error) logged.add(error.cause);
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
