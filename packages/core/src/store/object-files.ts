import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSha256 } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import { ignoreMissing, syncFolder } from './journal/files.ts';
import { putParts } from './put-parts.ts';
import type { ObjectStore, SizedObject } from './store.ts';

const LEFTOVER_MS = 3_600_000;
/** Number of files read at once: enough to keep a disk busy. */
const READ_AT_ONCE = 8;
/** Windows refuses to replace a file while another process has it open, so retry. */
const RENAME_TRIES = 20;
const RENAME_PAUSE_MS = 25;

/** Stores objects as files by digest. Each is written to a temporary file, flushed and renamed. */
export function objectFiles(
  folder: string,
  guard: <T>(what: string, work: () => Promise<T>) => Promise<T>,
): ObjectStore {
  const objectFile = (digest: string): string => {
    if (!isSha256(digest))
      throw new PerigeeError('STORAGE', `"${digest}" is not a SHA-256 digest.`);
    return join(folder, 'objects', digest.slice(0, 2), digest);
  };
  const sizeOf = async (sha256: Sha256): Promise<SizedObject | undefined> => {
    const found = await stat(objectFile(sha256)).catch(ignoreMissing);
    return found && { sha256, sizeBytes: found.size };
  };

  const putObjects: ObjectStore['putObjects'] = (objects) =>
    guard('Storing model files', async () => {
      for (const { sha256, bytes } of objects) {
        const file = objectFile(sha256);
        if (!(await exists(file))) await writeFileSafely(file, bytes);
      }
    });

  return {
    putObjects,
    getObjects: (digests) =>
      guard('Reading model files', () =>
        Promise.all(
          digests.map(async (digest) => {
            const bytes = await readFile(objectFile(digest)).catch(ignoreMissing);
            return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          }),
        ),
      ),
    missingObjects: (digests) =>
      guard('Looking for model files', async () => {
        const unique = [...new Set(digests)];
        const here = await Promise.all(unique.map((digest) => exists(objectFile(digest))));
        return unique.filter((_, i) => !here[i]);
      }),
    deleteObjects: (digests) =>
      guard('Deleting model files', async () => {
        await Promise.all(digests.map((digest) => unlink(objectFile(digest)).catch(ignoreMissing)));
      }),
    listObjects: () =>
      guard('Listing model files', async () => {
        const names =
          (await readdir(join(folder, 'objects'), { recursive: true }).catch(ignoreMissing)) ?? [];
        const atTop = (await readdir(folder).catch(ignoreMissing)) ?? [];
        const files = [
          ...names.map((name) => join(folder, 'objects', name)),
          ...atTop.map((name) => join(folder, name)),
        ];
        await deleteLeftovers(files.filter((file) => file.endsWith('.tmp')));
        const digests = names
          .map((name) => name.slice(-64))
          .filter((name): name is Sha256 => isSha256(name));
        // Another process may delete a file meanwhile.
        return (await Promise.all(digests.map(sizeOf))).filter((object) => object !== undefined);
      }),

    // Chunk files of 1 MiB are read into the final buffer as fast as one large file.
    packFile: async () => undefined,
    putFile: (_sha256, chunks, whole) => putParts(putObjects, chunks, whole),
    getFile: (_sha256, chunks) =>
      guard('Reading a model file', async () => {
        const bytes = new Uint8Array(chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
        let offset = 0;
        const places = chunks.map(({ sha256, sizeBytes }) => ({
          file: objectFile(sha256),
          into: bytes.subarray(offset, (offset += sizeBytes)),
        }));
        for (let at = 0; at < places.length; at += READ_AT_ONCE) {
          const whole = await Promise.all(
            places.slice(at, at + READ_AT_ONCE).map(({ file, into }) => readInto(file, into)),
          );
          if (whole.includes(false)) return undefined;
        }
        return bytes;
      }),
  };
}

/**
 * Writes a file atomically, also if power fails: writes a temporary file, flushes it, renames it
 * and flushes the folder.
 */
async function writeFileSafely(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await moveIntoPlace(temporary, file);
  await syncFolder(dirname(file));
}

/**
 * Renames a temporary file. If another process created the file meanwhile, it has the same bytes.
 */
async function moveIntoPlace(temporary: string, file: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await rename(temporary, file);
      return;
    } catch (error) {
      const isBusy = ['EPERM', 'EACCES', 'EBUSY'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      );
      if (isBusy && (await exists(file))) return rm(temporary, { force: true });
      if (!isBusy || tries === RENAME_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, RENAME_PAUSE_MS));
    }
  }
}

/**
 * Reads a file into a buffer. Returns whether it exists with exactly the buffer's length.
 * `readFile` would allocate pieces and join them.
 */
async function readInto(file: string, into: Uint8Array): Promise<boolean> {
  const handle = await open(file).catch(ignoreMissing);
  if (!handle) return false;
  try {
    if ((await handle.stat()).size !== into.byteLength) return false;
    for (let at = 0; at < into.byteLength;) {
      const { bytesRead } = await handle.read(into, at, into.byteLength - at, at);
      if (bytesRead === 0) return false;
      at += bytesRead;
    }
    return true;
  } finally {
    await handle.close();
  }
}

/** Deletes temporary files of killed processes. A younger file may still be being written. */
async function deleteLeftovers(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { mtimeMs } = (await stat(file).catch(ignoreMissing)) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
