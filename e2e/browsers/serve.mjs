import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { contentType } from '../../scripts/content-types.mjs';

/** @typedef {import('./types.d.ts').Host} Host */
/** @typedef {import('./types.d.ts').Tampering} Tampering */

const ISOLATING = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const SHARING = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/**
 * Serves folders by URL prefix on loopback, by default isolated like a page with threads. `pages`
 * are files by path. `isShared` lets pages of other origins read every file.
 * @param {Readonly<Record<string, string>>} folders
 * @param {object} [options]
 * @param {boolean} [options.isIsolated]
 * @param {boolean} [options.isShared]
 * @param {Readonly<Record<string, string>>} [options.pages]
 * @returns {Promise<Host>}
 */
export async function serve(folders, { isIsolated = true, isShared = false, pages = {} } = {}) {
  /** @type {Tampering | null} */
  let tampering = null;
  /** @type {{ path: string, kind: string }[]} */
  let requests = [];
  const headers = {
    'cache-control': 'no-cache',
    ...(isIsolated && ISOLATING),
    ...(isShared && SHARING),
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    requests.push({ path, kind: String(request.headers['sec-fetch-dest'] ?? '') });
    read(folders, pages, path).then(
      ({ bytes, type }) =>
        response
          .writeHead(200, { 'content-type': type, ...headers })
          .end(tampering?.matches(path) ? tampering.change(bytes) : bytes),
      () => response.writeHead(404).end('not found'),
    );
  });
  /** @param {number} port */
  const listen = (port) =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  await listen(0);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve(undefined));
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}/`,
    requests: () => requests,
    forget: () => void (requests = []),
    tamper: (next) => void (tampering = next),
    stop: async () => void (await stop()),
    start: async () => void (server.listening || (await listen(port))),
    close: () => void stop(),
  };
}

/**
 * @param {Readonly<Record<string, string>>} folders
 * @param {Readonly<Record<string, string>>} pages
 * @param {string} path
 */
async function read(folders, pages, path) {
  const page = pages[path];
  if (page !== undefined) return { bytes: Buffer.from(page), type: contentType(path) };
  const served = longestPrefix(folders, path);
  if (!served) throw new Error('no folder');
  const [prefix, folder] = served;
  const file = join(folder, normalize(path.slice(prefix.length) || 'index.html'));
  return { bytes: await readFile(file), type: contentType(file) };
}

/**
 * @param {Readonly<Record<string, string>>} folders
 * @param {string} path
 */
function longestPrefix(folders, path) {
  return Object.entries(folders)
    .filter(([prefix]) => path.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length)[0];
}
