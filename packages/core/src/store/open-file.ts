import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { RegistryError } from '@perigee/registry';
import type { ModelFile } from '@perigee/registry';
import type { StoredFile } from '../engines/engine.ts';
import { freeBuffers } from '../free-buffers.ts';
import type { OpenFile } from './store.ts';
import { MOST_AT_ONCE } from './whole-files.ts';

/** Bytes to digest at once. */
const BLOCK_BYTES = 1024 * 1024;

/** Opens a file of a store. Its digest is checked block by block, with little memory. */
export function openFile(path: string, { path: name, sha256 }: ModelFile): OpenFile {
  const verified = checkDigest(path, name, sha256);
  verified.catch(() => undefined);
  return { ...openOnDisk(path), verified };
}

/** Opens a file to read parts of it. */
export function openOnDisk(path: string): StoredFile {
  const descriptor = openSync(path, 'r');
  let buffer = new Uint8Array(0);
  // Otherwise it is freed late: the collector does not know that memory is short.
  const free = (): void => freeBuffers([buffer.buffer]);
  return {
    name: basename(path),
    folder: dirname(path),
    sizeBytes: fstatSync(descriptor).size,
    read(start, end) {
      if (buffer.byteLength < end - start) {
        free();
        buffer = new Uint8Array(end - start);
      }
      for (let at = start; at < end;) {
        const length = Math.min(end - at, MOST_AT_ONCE);
        const got = readSync(descriptor, buffer, at - start, length, at);
        if (got === 0) throw damaged(path, `ends after ${at} bytes`);
        at += got;
      }
      return buffer.subarray(0, end - start);
    },
    close() {
      free();
      buffer = new Uint8Array(0);
      closeSync(descriptor);
    },
  };
}

async function checkDigest(path: string, name: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  const block = new Uint8Array(BLOCK_BYTES);
  const handle = await open(path);
  try {
    let got = 0;
    do {
      got = (await handle.read(block, 0, BLOCK_BYTES, null)).bytesRead;
      hash.update(block.subarray(0, got));
    } while (got > 0);
  } finally {
    await handle.close();
  }
  if (hash.digest('hex') !== sha256) throw damaged(name, 'is damaged');
}

function damaged(name: string, what: string): RegistryError {
  return new RegistryError('INTEGRITY', `"${name}" ${what}.`, { details: { file: name } });
}
