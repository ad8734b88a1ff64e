// Serves the built demo at /, and a registry at /registry/, as any static host would, with the
// headers that both need.
import { negotiate } from '@fastify/accept-negotiator';
import fastifyStatic from '@fastify/static';
import fastify from 'fastify';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { ENCODINGS } from '../scripts/compress.mjs';

/** The page is cross-origin isolated (for threads). Every origin may read the registry. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};
const SHARED = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};
const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * @param {{ port?: number, host?: string, dist?: string, registry?: string,
 *   collectorUrl?: string }} options
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function startDemo({
  port = 4600,
  host = '127.0.0.1',
  dist = 'demo/dist',
  registry = '.perigee/registry',
  collectorUrl,
} = {}) {
  const root = resolve(dist);
  if (!existsSync(join(root, 'index.html')))
    throw new Error(`The demo is not built: ${root} has no index.html. Run "npm run build".`);
  const app = fastify({ forceCloseConnections: true });
  await servePage(app, root, collectorUrl);
  const assets = join(root, 'assets') + sep;
  serveFolder(app, '/', root, (path) => ({
    ...ISOLATION,
    'cache-control': path.startsWith(assets) ? IMMUTABLE : 'no-cache',
  }));
  const timestamp = join(resolve(registry), 'metadata', 'timestamp.json');
  serveFolder(app, '/registry/', resolve(registry), (path) => ({
    ...SHARED,
    'cache-control': path.startsWith(timestamp) ? 'no-cache' : IMMUTABLE,
  }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('not found'));
  await app.listen({ port, host }).catch((error) => {
    throw error.code === 'EADDRINUSE' ? portTaken(port) : error;
  });
  const address = /** @type {import('node:net').AddressInfo} */ (app.server.address());
  return { url: `http://${host}:${address.port}/`, close: () => app.close() };
}

/**
 * Serves the page, with the address of its collector.
 * @param {import('fastify').FastifyInstance} app
 * @param {string} root
 * @param {string} [collectorUrl]
 */
async function servePage(app, root, collectorUrl = '') {
  const page = Buffer.from(
    readFileSync(join(root, 'index.html'), 'utf8').replace(
      /(name="perigee-collector" content=")[^"]*/,
      (_, start) => start + collectorUrl,
    ),
  );
  const names = ENCODINGS.map(({ name }) => name);
  const encoded = await Promise.all(ENCODINGS.map(({ encode }) => encode(page)));
  const headers = { ...ISOLATION, 'cache-control': 'no-cache', vary: 'accept-encoding' };
  for (const path of ['/', '/index.html'])
    app.get(path, (request, reply) => {
      const name = negotiate(request.headers['accept-encoding'] ?? 'identity', names);
      if (name !== null) reply.header('content-encoding', name);
      return reply
        .headers(headers)
        .type('text/html; charset=utf-8')
        .send(name === null ? page : encoded[names.indexOf(name)]);
    });
}

/**
 * Serves the files of a folder. Where there is `app.js.br` or `app.js.gz`, browsers that take it
 * get it in place of `app.js`.
 * @param {import('fastify').FastifyInstance} app
 * @param {string} prefix
 * @param {string} root
 * @param {(path: string) => Readonly<Record<string, string>>} headersOf the headers of a file
 */
function serveFolder(app, prefix, root, headersOf) {
  app.register(fastifyStatic, {
    root,
    prefix,
    decorateReply: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders(response, path) {
      response.setHeader('vary', 'accept-encoding');
      for (const [name, value] of Object.entries(headersOf(path))) response.setHeader(name, value);
    },
  });
}

/** @param {number} port */
function portTaken(port) {
  return new Error(
    `Port ${port} is taken by another program. Stop that program, or choose another port: ` +
      `PERIGEE_DEMO_PORT=${port + 1} npm start`,
  );
}
