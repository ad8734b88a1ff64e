import type { FastifyInstance } from 'fastify';
import { UPLOADS_PATH } from './uploads-path.ts';

/** Adds the security and cache headers to every response. */
export function addHeaders(app: FastifyInstance): void {
  // Callback style instead of async, for speed: every upload runs this hook.
  app.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    const isUpload = request.url.startsWith(UPLOADS_PATH);
    if (request.url.startsWith('/v1/'))
      void reply
        .header('cache-control', 'no-store')
        .header('cross-origin-resource-policy', isUpload ? 'cross-origin' : 'same-origin');
    else
      void reply
        // The dashboard's files come in several encodings, and are the same for every origin.
        .header('vary', 'accept-encoding')
        .header(
          'content-security-policy',
          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
            "frame-ancestors 'none'",
        );
    done();
  });
}
