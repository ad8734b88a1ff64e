// Serves the built demo at /, and a registry at /registry/, as any static host would, with the
// headers that both need.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize, resolve } from 'node:path';
import sirv from 'sirv';

/** The page is cross-origin isolated (for threads). Every origin may read the registry. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
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
  const page = readFileSync(join(root, 'index.html'), 'utf8').replace(
    /(name="perigee-collector" content=")[^"]*/,
    (_, start) => start + (collectorUrl ?? ''),
  );

  const app = sirv(root, {
    dev: true,
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value);
      response.setHeader('cache-control', path.startsWith('/assets/') ? IMMUTABLE : 'no-cache');
    },
  });
  const models = sirv(resolve(registry), {
    dev: true,
    setHeaders(response, path) {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('cross-origin-resource-policy', 'cross-origin');
      response.setHeader(
        'cache-control',
        path === '/metadata/timestamp.json' ? 'no-cache' : IMMUTABLE,
      );
    },
  });

  /**
   * The same registry from a host that flips one bit of every model file. The Delivery page shows
   * how a device reacts.
   * @param {string} path
   * @param {import('node:http').ServerResponse} response
   * @param {() => void} notFound
   */
  function tampered(path, response, notFound) {
    const file = join(resolve(registry), normalize(path));
    if (!file.startsWith(resolve(registry)) || !existsSync(file) || !statSync(file).isFile())
      return notFound();
    const bytes = readFileSync(file);
    const middle = bytes.length >> 1;
    if (path.startsWith('/blobs/')) bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    response
      .writeHead(200, {
        ...ISOLATION,
        'content-type': path.endsWith('.json') ? 'application/json' : 'application/octet-stream',
        'cache-control': 'no-store',
      })
      .end(bytes);
  }

  const server = createServer((request, response) => {
    const { url = '/' } = request;
    const { pathname } = new URL(url, 'http://host');
    const notFound = () =>
      void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    if (pathname.startsWith('/registry/')) {
      request.url = url.slice('/registry'.length);
      return models(request, response, notFound);
    }
    if (pathname.startsWith('/tampered/'))
      return tampered(decodeURIComponent(pathname.slice('/tampered'.length)), response, notFound);
    if (pathname === '/' || pathname === '/index.html') {
      return response
        .writeHead(200, {
          ...ISOLATION,
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-cache',
        })
        .end(page);
    }
    return app(request, response, notFound);
  });
  await new Promise((listening, failed) => {
    server.once('error', (error) =>
      failed(
        'code' in error && error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} is taken by another program. Stop that program, or choose ` +
                `another port: PERIGEE_DEMO_PORT=${port + 1} npm start`,
            )
          : error,
      ),
    );
    server.listen(port, host, () => listening(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://${host}:${address.port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
