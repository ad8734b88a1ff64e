import { extname } from 'node:path';

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/**
 * The content type of a file, as a host sends it.
 * @param {string} path
 */
export function contentType(path) {
  return TYPES[extname(path)] ?? 'application/octet-stream';
}
