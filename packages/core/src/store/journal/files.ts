import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from './record.ts';

/** The file in which version 0.1.0 kept everything except objects. */
export const STATE_FILE = 'state';
const NAME = /^journal-(\d+)$/;
/** Bytes read at once, so that many small records need few reads. */
const WINDOW_BYTES = 1024 * 1024;
const SPARE_BYTES = 1024 * 1024;

/** Returns the numbers of the journal files in a folder, newest first. */
export async function listGenerations(folder: string): Promise<number[]> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a);
}

/**
 * Keeps handles referenced until the worker ends: Node warns when an open handle is collected, and
 * a store may never be closed.
 */
const opened = new Set<FileHandle>();

/** Opens a journal file; undefined when it does not exist. */
export async function openGeneration(
  folder: string,
  number: number,
): Promise<FileHandle | undefined> {
  const handle = await open(fileOf(folder, number), constants.O_RDWR | constants.O_APPEND).catch(
    ignoreMissing,
  );
  if (handle) opened.add(handle);
  return handle;
}

export async function closeGeneration(handle: FileHandle): Promise<void> {
  opened.delete(handle);
  await handle.close();
}

export async function createGeneration(folder: string, number: number): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  return open(
    fileOf(folder, number),
    constants.O_RDWR | constants.O_APPEND | constants.O_CREAT,
    0o644,
  );
}

/**
 * Deletes all files except the newest and the one before. A file that cannot be deleted now is
 * deleted next time.
 */
export async function deleteOlder(folder: string, newest: number): Promise<void> {
  const old = (await listGenerations(folder))
    .filter((number) => number < newest - 1)
    .map((number) => fileOf(folder, number));
  if (newest > 1) old.push(join(folder, STATE_FILE), join(folder, 'lock'));
  for (const file of old) await rm(file, { force: true }).catch(() => undefined);
}

/** Copies an unreadable journal for later inspection. A new copy replaces an earlier one. */
export async function setAside(file: string, folder: string): Promise<void> {
  await copyFile(file, join(folder, 'damaged')).catch(() => undefined);
}

export function fileOf(folder: string, number: number): string {
  return join(folder, `journal-${number}`);
}

/**
 * Appends bytes in one call: the operating system orders the appends of several processes. A
 * partial write is no whole record and is ignored.
 */
export async function append(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  const { bytesWritten } = await handle.write(bytes, 0, bytes.byteLength, null);
  if (bytesWritten < bytes.byteLength)
    throw new Error(`ENOSPC: ${bytesWritten} of ${bytes.byteLength} bytes could be written`);
}

/** Flushes a folder, so that a new file name survives a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  // Windows cannot flush a folder and does not need to.
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Whether this many bytes fit, as far as the system reports free space. */
export async function hasRoom(folder: string, sizeBytes: number): Promise<boolean> {
  const free = await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Infinity,
  );
  return free > sizeBytes + SPARE_BYTES;
}

/**
 * Reads a file of a known length. Small reads are served from a window, which suits sequential
 * reading.
 */
export function fileSource(
  handle: FileHandle,
  sizeBytes: number,
  windowBytes = WINDOW_BYTES,
): Source {
  let window: Buffer = Buffer.alloc(0);
  let windowAt = 0;
  const fill = async (at: number, size: number): Promise<Buffer> => {
    const bytes = Buffer.allocUnsafe(size);
    let got = 0;
    while (got < size) {
      const { bytesRead } = await handle.read(bytes, got, size - got, at + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    // The file was truncated meanwhile. Missing bytes read as zeros, which match no digest.
    return bytes.fill(0, got);
  };
  return {
    sizeBytes,
    async read(offset, size) {
      if (size > windowBytes) return fill(offset, size);
      if (offset < windowAt || offset + size > windowAt + window.byteLength) {
        window = await fill(offset, Math.min(windowBytes, sizeBytes - offset));
        windowAt = offset;
      }
      return window.subarray(offset - windowAt, offset - windowAt + size);
    },
  };
}

export function bytesSource(bytes: Buffer): Source {
  return {
    sizeBytes: bytes.byteLength,
    read: async (offset, size) => bytes.subarray(offset, offset + size),
  };
}

export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
