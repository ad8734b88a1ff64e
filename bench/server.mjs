// Loopback static servers: like a plain host, with brotli, and through a line of 50 Mbit/s and 20
// ms.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';
import { extname, join, normalize } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};
/**
 * The file types that a host with brotli compresses. The chunks of a registry are compressed when
 * they are published.
 */
export const COMPRESSED = new Set(['.html', '.js', '.mjs', '.wasm', '.json', '.onnx', '.bin']);
const SLICE = 16_384;

/**
 * @param folders [prefix, folder] pairs; the first prefix that fits wins
 * @param brotli folder to keep compressed files in; absent: nothing is compressed
 * @param line { bitsPerSecond, roundTripMs }; absent: as fast as it goes
 * @returns {Promise<{ url: string, takeTraffic(): { path: string, bytes: number }[],
 *   close(): void }>}
 * `takeTraffic`: body bytes sent since its last call
 */
export function serve(folders, { brotli, line } = {}) {
  let traffic = [];
  const send = line ? shaped(line) : (response, content) => response.end(content);
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const [prefix, folder] = folders.find(([known]) => path.startsWith(known));
    const file = join(folder, normalize(path.slice(prefix.length) || 'index.html'));
    if (line) await delay(line.roundTripMs);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    const { mtimeMs, size } = statSync(file);
    const headers = {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
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
      /\bbr\b/.test(request.headers['accept-encoding'] ?? '');
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
        url: `http://127.0.0.1:${server.address().port}/`,
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

const keptFiles = new Map();

/**
 * Compresses once, like a build step, and keeps the result by content. Small files get the best
 * quality, large files the best quality that is quick, and weights a lower one because they hardly
 * compress.
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

/** One bucket for the whole line: responses share it slice by slice, in turn. */
function shaped({ bitsPerSecond }) {
  const bytesPerMs = bitsPerSecond / 8_000;
  const waiting = [];
  let freeAt = 0;
  let running = false;

  async function run() {
    running = true;
    while (waiting.length > 0) {
      const item = waiting.shift();
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

  return (response, content) => {
    waiting.push({ response, content, offset: 0 });
    if (!running) void run();
  };
}

function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
