import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { notFound } from './error-answers.ts';

const FOLDER = fileURLToPath(new URL('../dashboard/', import.meta.url));
/** Only files in this folder have a content hash in their names. */
const HASHED = join(FOLDER, 'assets') + sep;

/**
 * Serves the dashboard's files, and index.html for the paths that the dashboard routes itself. The
 * build compressed them ahead: `app.js.br` and `app.js.gz` go out in place of `app.js`.
 */
export async function serveDashboard(app: FastifyInstance): Promise<void> {
  const built = existsSync(join(FOLDER, 'index.html'));
  if (!built)
    app.get('/', async (_request, reply) =>
      reply
        .type('text/plain')
        .send('The dashboard was not built. In the repository: npm run build'),
    );
  else
    await app.register(fastifyStatic, {
      root: FOLDER,
      cacheControl: false,
      preCompressed: true,
      setHeaders: (response, path) =>
        void response.setHeader(
          'cache-control',
          path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache',
        ),
    });
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage =
      built &&
      request.method === 'GET' &&
      !request.url.startsWith('/v1/') &&
      request.headers.accept?.includes('text/html');
    if (wantsPage) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    return notFound(request, reply);
  });
}
