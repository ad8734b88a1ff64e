import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { COMPRESSED, compressed } from '../../server.mjs';

/** Builds of a runtime that no side requests. */
const UNUSED = /jsep|jspi|ort-training|webgl|ort\.all|\.map$/;

/**
 * Compresses the files of the brotli servers ahead, like a build step, so that no compression
 * happens while a visit is timed.
 * @param {readonly string[]} folders
 * @param {string} keepIn
 */
export function compressAhead(folders, keepIn) {
  for (const folder of folders.filter(existsSync)) {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const file = join(folder, entry);
      if (COMPRESSED.has(extname(file)) && !UNUSED.test(entry) && statSync(file).isFile())
        compressed(file, keepIn);
    }
  }
}
