// A host of a registry that misbehaves on command.
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/**
 * An answer in place of the file.
 * @typedef {(exchange: Exchange) => void} Misdeed
 */

/**
 * @typedef {object} Exchange
 * @property {import('node:http').ServerResponse} response
 * @property {Buffer} bytes of the file that was requested
 * @property {() => number} random
 */

/**
 * The faults of a host. Paths are those of the registry.
 * @typedef {object} Fault
 * @property {(path: string) => Misdeed | undefined} [spoil]
 * @property {(path: string) => boolean} [swap] files that are sent in place of each other
 * @property {(path: string) => boolean} [replay] files of an earlier state that are sent
 * @property {RegExp} [replayAs] files whose earlier version is sent under the newer name
 * @property {boolean} [forged] whether metadata are signed by other keys
 */

/**
 * @typedef {object} Folders
 * @property {string} good the registry
 * @property {string} earlier its earlier state
 * @property {string} other a registry with other keys
 */

/**
 * @typedef {object} Host
 * @property {string} url
 * @property {Fault} fault may be changed at any time
 * @property {() => void} close
 */

/**
 * @param {Folders} folders
 * @param {() => number} random
 * @param {Fault} fault
 * @returns {Promise<Host>}
 */
export async function serveRegistry(folders, random, fault = {}) {
  const swaps = createSwaps();
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname).slice(1);
    const file = fileOf(folders, host.fault, path);
    if (!existsSync(file) || !statSync(file).isFile())
      return void response.writeHead(404).end('not found');
    const own = readFileSync(file);
    const bytes = host.fault.swap?.(path) ? swaps.inPlaceOf(path, own) : own;
    const misdeed = host.fault.spoil?.(path);
    if (misdeed) return misdeed({ response, bytes, random });
    const isJson = path.endsWith('.json');
    const type = isJson ? 'application/json' : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The host has no port.');
  /** @type {Host} */
  const host = {
    url: `http://127.0.0.1:${address.port}/`,
    fault,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return host;
}

/**
 * The file that is sent for a path.
 * @param {Folders} folders
 * @param {Fault} fault
 * @param {string} path
 */
function fileOf({ good, earlier, other }, { replay, replayAs, forged }, path) {
  if (replayAs?.test(path)) {
    const file = fileBefore(earlier, path);
    if (file !== undefined) return file;
  }
  if (replay?.(path)) return join(earlier, path);
  const isForged = forged && path.startsWith('metadata/') && !path.endsWith('root.json');
  return join(isForged ? other : good, path);
}

/**
 * The file of the version before.
 * @param {string} earlier
 * @param {string} path
 */
function fileBefore(earlier, path) {
  const [, version, rest] = /^metadata\/(\d+)\.(.*)$/.exec(path) ?? [];
  if (version === undefined) return undefined;
  const file = join(earlier, 'metadata', `${Number(version) - 1}.${rest}`);
  return existsSync(file) ? file : undefined;
}

/** Sends for each path the bytes of the file that was requested before it. */
function createSwaps() {
  /** @type {Map<string, Buffer>} */
  const swapped = new Map();
  /** @type {Buffer | undefined} */
  let last;
  return {
    /**
     * @param {string} path
     * @param {Buffer} bytes of the file itself
     */
    inPlaceOf(path, bytes) {
      const given = swapped.get(path) ?? last ?? Buffer.from(bytes).reverse();
      if (!swapped.has(path)) last = bytes;
      swapped.set(path, given);
      return given;
    },
  };
}
