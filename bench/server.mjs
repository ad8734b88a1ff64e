// Loopback static servers: like a plain host, with brotli, and through a line of 50 Mbit/s and 20
// ms.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';
import { extname, join, normalize } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { contentType } from '../scripts/content-types.mjs';

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {{ bitsPerSecond: number, roundTripMs: number }} Line */
/** @typedef {{ path: string, bytes: number }} Traffic */

/**
 * @typedef {object} BenchServer
 * @property {string} url
 * @property {() => Traffic[]} takeTraffic bytes of the bodies sent since the last call
 * @property {() => void} close
 */

/**
 * The file types that a host with brotli compresses. The chunks of a registry are compressed when
 * they are published.
 */
export const COMPRESSED = new Set(['.html', '.js', '.mjs', '.wasm', '.json', '.onnx', '.bin']);
const SLICE = 16_384;
/** @type {Readonly<Line>} */
export const LINE = { bitsPerSecond: 50e6, roundTripMs: 20 };

/**
 * The least time of a first visit through the line: its bytes at the rate of the line, and one
 * round trip.
 * @param {number} bytes
 */
export const lineMs = (bytes) => (bytes * 8_000) / LINE.bitsPerSecond + LINE.roundTripMs;

/**
 * @param {readonly (readonly [prefix: string, folder: string])[]} folders the first prefix that
 *   fits wins
 * @param {object} [options]
 * @param {string} [options.brotli] folder for compressed files; absent: nothing is compressed
 * @param {Line} [options.line] absent: as fast as the loopback is
 * @returns {Promise<BenchServer>}
 */
export function serve(folders, { brotli, line } = {}) {
  /** @type {Traffic[]} */
  let traffic = [];
  const send = line ? shaped(line) : plainly;
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const [prefix, folder] = folders.find(([known]) => path.startsWith(known)) ?? ['/', ''];
    const file = join(folder, normalize(path.slice(prefix.length) || 'index.html'));
    if (line) await delay(line.roundTripMs);
    if (!folder || !existsSync(file) || !statSync(file).isFile())
      return response.writeHead(404).end();
    const { mtimeMs, size } = statSync(file);
    const headers = {
      'content-type': contentType(file),
      etag: `"${mtimeMs.toString(36)}-${size}"`,
      vary: 'accept-encoding',
      'cache-control': path.startsWith('/assets/')
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    };
    if (request.headers['if-none-match'] === headers.etag)
      return response.writeHead(304, headers).end();
    const compress =
      brotli !== undefined &&
      COMPRESSED.has(extname(file)) &&
      /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const content = compress ? compressed(file, brotli) : readFileSync(file);
    traffic.push({ path, bytes: content.length });
    response.writeHead(200, {
      ...headers,
      'content-length': content.length,
      ...(compress && { 'content-encoding': 'br' }),
    });
    return send(response, content);
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${portOf(server)}/`,
        takeTraffic() {
          const taken = traffic;
          traffic = [];
          return taken;
        },
        close() {
          server.closeAllConnections();
          server.close();
        },
      }),
    ),
  );
}

/** @param {import('node:http').Server} server */
function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/**
 * @param {ServerResponse} response
 * @param {Buffer} content
 */
function plainly(response, content) {
  response.end(content);
}

/** @type {Map<string, string>} */
const keptFiles = new Map();

/**
 * Compresses once, like a build step, and keeps the result by content. Small files get the best
 * quality, large files the best quality that is quick, and weights a lower one because they hardly
 * compress.
 * @param {string} file
 * @param {string} keepIn
 */
export function compressed(file, keepIn) {
  const { mtimeMs, size } = statSync(file);
  const key = `${file} ${mtimeMs} ${size}`;
  let kept = keptFiles.get(key);
  if (!kept) {
    const content = readFileSync(file);
    kept = join(keepIn, `${createHash('sha256').update(content).digest('hex')}.br`);
    if (!existsSync(kept)) {
      mkdirSync(keepIn, { recursive: true });
      const quality = content.length < 2e6 ? 11 : file.endsWith('.onnx') ? 5 : 9;
      writeFileSync(
        kept,
        brotliCompressSync(content, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: quality,
            [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
          },
        }),
      );
    }
    keptFiles.set(key, kept);
  }
  return readFileSync(kept);
}

/**
 * One bucket for the whole line: responses share it slice by slice, in turn.
 * @param {Line} line
 */
function shaped({ bitsPerSecond }) {
  const bytesPerMs = bitsPerSecond / 8_000;
  /** @type {{ response: ServerResponse, content: Buffer, offset: number }[]} */
  const waiting = [];
  let freeAt = 0;
  let running = false;

  /** @returns {Promise<void>} */
  async function run() {
    running = true;
    while (waiting.length > 0) {
      const item = waiting[0];
      waiting.shift();
      const slice = item.content.subarray(item.offset, item.offset + SLICE);
      item.offset += slice.length;
      // Tokens that gather while nothing is sent are dropped, because a line has no memory.
      freeAt = Math.max(freeAt, performance.now()) + slice.length / bytesPerMs;
      if (!item.response.destroyed) item.response.write(slice);
      if (item.offset >= item.content.length || item.response.destroyed) item.response.end();
      else waiting.push(item);
      const wait = freeAt - performance.now();
      if (wait >= 1) await delay(wait);
    }
    running = false;
  }

  /**
   * @param {ServerResponse} response
   * @param {Buffer} content
   */
  return (response, content) => {
    waiting.push({ response, content, offset: 0 });
    if (!running) void run();
  };
}

/** @param {number} ms */
function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
