import type { FastifyInstance } from 'fastify';
import type { QueryThread } from './query-thread.ts';

/** What the thread has routes for. */
const PATHS = ['/v1/models', '/v1/models/*', '/v1/overview'];

/** Hands questions to the thread that answers them, and its answers on. */
export function registerQueries(app: FastifyInstance, queries: QueryThread): void {
  for (const path of PATHS) {
    app.get(path, async (request, reply) => {
      const { status, headers, body } = await queries.answer(request.url);
      // Else it would be read to its end for nobody.
      if (request.method === 'HEAD') body.destroy();
      return reply.code(status).headers(headers).send(body);
    });
  }
}
