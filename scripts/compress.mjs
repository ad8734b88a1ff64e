// Compresses the files of a built site ahead, for hosts that send `app.js.br` or `app.js.gz` in
// place of `app.js`. Other hosts ignore these files.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Texts and wasm. Pictures and the blobs of a registry are compressed already. */
const TYPES = new Set(['.css', '.html', '.js', '.json', '.mjs', '.svg', '.wasm', '.webmanifest']);
/** Smaller files fit into one packet, whatever is done to them. */
const MIN_BYTES = 1_024;
/** 9 would save 5 % more, and take three times as long. */
const BROTLI_QUALITY = 5;

/**
 * The encodings in order of preference, each with its name in HTTP and the ending of its files.
 * @type {readonly { name: string, suffix: string, encode(bytes: Buffer): Promise<Buffer> }[]}
 */
export const ENCODINGS = [
  {
    name: 'br',
    suffix: '.br',
    encode: (bytes) =>
      promisify(brotliCompress)(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
        },
      }),
  },
  {
    name: 'gzip',
    suffix: '.gz',
    encode: (bytes) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  },
];

/**
 * Writes the compressed forms beside each file of a folder.
 * @param {string} folder
 * @returns {Promise<string>} how many files there are, and what a host sends of them
 */
export async function compressFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && TYPES.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(paths.map(compressFile));
  const sum = (/** @type {'before' | 'after'} */ key) =>
    sizes.reduce((total, size) => total + (size?.[key] ?? 0), 0);
  const count = sizes.filter((size) => size !== undefined).length;
  return `${count} files, ${megabytes(sum('before'))} to ${megabytes(sum('after'))}`;
}

/**
 * @param {string} path
 * @returns {Promise<{ before: number, after: number } | undefined>} the bytes of the file and of
 *   its smallest form; undefined for a small file
 */
async function compressFile(path) {
  const bytes = await readFile(path);
  if (bytes.byteLength < MIN_BYTES) return undefined;
  const sizes = await Promise.all(
    ENCODINGS.map(async ({ suffix, encode }) => {
      const encoded = await encode(bytes);
      await writeFile(path + suffix, encoded);
      return encoded.byteLength;
    }),
  );
  return { before: bytes.byteLength, after: Math.min(...sizes) };
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
