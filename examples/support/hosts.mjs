// Serves what an example built, or passes requests on to its development server. Both have the
// model and the registry on the same origin.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import { join, normalize } from 'node:path';
import { contentType } from '../../scripts/content-types.mjs';
import { ROOT } from '../../scripts/steps.mjs';

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' HASH; worker-src 'self'; " +
  "connect-src 'self'";
export const MODEL = join(ROOT, 'models/wdbc/versions/1.0.0/model.onnx');

/** @typedef {{ url: string, server: import('node:http').Server, close(): void }} Host */

/**
 * Answers from a folder.
 * @param {string} folder
 * @param {string} registry
 * @param {{ base?: string, change?: (html: string) => string,
 *   headers?: Readonly<Record<string, string>> }} [options] `base` is the path of the folder on the
 *   host, `change` changes pages
 * @returns {Promise<Host>}
 */
export async function serveFolder(folder, registry, { base = '', change, headers } = {}) {
  const host = await listen(registry, (path, _incoming, response) => {
    if (!path.startsWith(`${base}/`)) return void response.writeHead(404, ISOLATION).end();
    const file = join(folder, normalize(path.slice(base.length)));
    return sendFile(file, response, change, headers);
  });
  return { ...host, url: `${host.url}${base.slice(1)}${base && '/'}` };
}

/**
 * The headers of a page with a strict policy. It names the hash of an import map, which is inline.
 * @param {string} html
 * @param {boolean} isIsolated
 */
export function strictHeaders(html, isIsolated) {
  const inline = /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1];
  const hash = inline && `'sha256-${createHash('sha256').update(inline).digest('base64')}'`;
  const policy = { 'content-security-policy': POLICY.replace(' HASH', hash ? ` ${hash}` : '') };
  return { ...(isIsolated ? ISOLATION : {}), ...policy };
}

/**
 * Passes requests on to a development server.
 * @param {number} port
 * @param {string} registry
 * @returns {Promise<Host>}
 */
export async function passOn(port, registry) {
  const host = await listen(registry, (_path, incoming, response) => {
    const { url, method, headers } = incoming;
    const target = { host: '127.0.0.1', port, path: url, method, headers };
    const passed = ask(target, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...ISOLATION });
      answer.pipe(response);
    });
    passed.on('error', () => response.writeHead(502).end());
    incoming.pipe(passed);
  });
  // By web sockets a server tells the page to reload.
  host.server.on('upgrade', (incoming, socket) => {
    const { url, rawHeaders } = incoming;
    const lines = rawHeaders.flatMap((value, i) =>
      i % 2 ? [] : [`${value}: ${rawHeaders[i + 1]}`],
    );
    const target = connect(port, '127.0.0.1', () => {
      target.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket, target]) end.on('error', () => undefined);
  });
  return host;
}

/**
 * @callback Answer
 * @param {string} path
 * @param {import('node:http').IncomingMessage} incoming
 * @param {import('node:http').ServerResponse} response
 * @returns {void | Promise<void>}
 */

/**
 * @param {string} registry
 * @param {Answer} answer
 * @returns {Promise<Host>}
 */
async function listen(registry, answer) {
  const server = createServer((incoming, response) => {
    const path = decodeURIComponent(new URL(incoming.url ?? '/', 'http://host').pathname);
    if (path === '/models/wdbc.onnx') void sendFile(MODEL, response);
    else if (path.startsWith('/registry/'))
      void sendFile(join(registry, normalize(path.slice('/registry/'.length))), response);
    else void answer(path, incoming, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/`,
    server,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * @param {string} path
 * @param {import('node:http').ServerResponse} response
 * @param {(html: string) => string} [change]
 * @param {Readonly<Record<string, string>>} headers
 */
async function sendFile(path, response, change, headers = ISOLATION) {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, 'index.html') : path;
    const read = await readFile(file);
    const bytes = change && file.endsWith('.html') ? change(read.toString('utf8')) : read;
    const type = contentType(file);
    response.writeHead(200, { 'content-type': type, ...headers }).end(bytes);
  } catch {
    response.writeHead(404, ISOLATION).end('not found');
  }
}
