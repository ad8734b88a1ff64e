import type { FastifyInstance } from 'fastify';
import type { QueryThread } from './query-thread.ts';

/** Paths that the query thread serves. */
const PATHS = ['/v1/models', '/v1/models/*', '/v1/overview', '/v1/alerts/:id'];

/** Forwards requests to the query thread and streams its answers back. */
export function registerQueries(app: FastifyInstance, queries: QueryThread): void {
  for (const path of PATHS) {
    app.get(path, async (request, reply) => {
      const { status, headers, body } = await queries.answer(request.url);
      // Otherwise the body would be read to its end without being sent.
      if (request.method === 'HEAD') body.destroy();
      return reply.code(status).headers(headers).send(body);
    });
  }
}
