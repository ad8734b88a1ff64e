import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSha256 } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import { ignoreMissing, syncFolder } from './journal/files.ts';
import { putParts } from './put-parts.ts';
import { openFile } from './open-file.ts';
import type { ObjectStore, SizedObject } from './store.ts';
import { readInto, readPart, wholeFiles } from './whole-files.ts';
import type { WholeFiles } from './whole-files.ts';

const LEFTOVER_MS = 3_600_000;
/** Number of files read at once: enough to keep a disk busy. */
const READ_AT_ONCE = 8;
/** Windows refuses to replace a file while another process has it open, so retry. */
const RENAME_TRIES = 20;
const RENAME_PAUSE_MS = 25;
/** Smaller files stay in chunks, which are read as fast. */
const MIN_PACKED_BYTES = 8 * 1024 * 1024;

/**
 * Stores objects as files by digest. Each is written to a temporary file, flushed and renamed. A
 * large file that is whole is packed into one file, so that a runtime can open it by its path.
 */
export function objectFiles(
  folder: string,
  guard: <T>(what: string, work: () => Promise<T>) => Promise<T>,
  minPackedBytes = MIN_PACKED_BYTES,
): ObjectStore {
  const wholes = wholeFiles(folder);
  const objectFile = (digest: string): string => {
    if (!isSha256(digest))
      throw new PerigeeError('STORAGE', `"${digest}" is not a SHA-256 digest.`);
    return join(folder, 'objects', digest.slice(0, 2), digest);
  };
  const putObjects: ObjectStore['putObjects'] = (objects) =>
    guard('Storing model files', async () => {
      for (const { sha256, bytes } of objects) {
        const file = objectFile(sha256);
        if (!(await exists(file))) await writeFileSafely(file, bytes);
      }
    });

  const { read, isLoose, deleteLoose, pack } = chunkFiles(objectFile, wholes);

  return {
    putObjects,
    getObjects: (digests) => guard('Reading model files', () => read(digests)),
    missingObjects: (digests) =>
      guard('Looking for model files', async () => {
        const unique = [...new Set(digests)];
        const here = await Promise.all(unique.map(isLoose));
        if (!here.includes(false)) return [];
        const parts = await wholes.parts();
        return unique.filter((digest, i) => !here[i] && !parts.has(digest));
      }),
    deleteObjects: (digests) =>
      guard('Deleting model files', async () => {
        await deleteLoose(digests);
        await wholes.forget(digests, isLoose);
      }),
    listObjects: () => guard('Listing model files', () => listAll(folder, objectFile, wholes)),

    packFile: (sha256, chunks) =>
      guard('Putting a model file together', async () => {
        if (totalOf(chunks) < minPackedBytes) return;
        const loose = await Promise.all(chunks.map((chunk) => isLoose(chunk.sha256)));
        if (loose.includes(true)) await pack(sha256, chunks);
      }),
    openFile: (file, chunks) =>
      guard('Opening a model file', async () => {
        const find = () => wholes.find(file.sha256, chunks);
        const path =
          (await find()) ?? ((await pack(file.sha256, chunks)) ? await find() : undefined);
        if (path === undefined) return undefined;
        const opened = openFile(path, file);
        // Chunks that a process left which was killed while it packed them.
        opened.verified
          .then(() => deleteLoose(chunks.map((chunk) => chunk.sha256)))
          .catch(() => undefined);
        return opened;
      }),
    takeApart: (sha256) =>
      guard('Taking a damaged file apart', () =>
        wholes.takeApart(sha256, (object) => putObjects([object])),
      ),
    putFile: (_sha256, chunks, whole) => putParts(putObjects, chunks, whole),
    getFile: (sha256, chunks) =>
      guard('Reading a model file', async () => {
        const bytes = new Uint8Array(totalOf(chunks));
        const packed = await wholes.find(sha256, chunks);
        if (packed !== undefined) return (await readInto(packed, bytes, 0)) ? bytes : undefined;
        const isWhole = await readChunks(
          chunks.map((chunk) => ({ ...chunk, file: objectFile(chunk.sha256) })),
          bytes,
        );
        return isWhole ? bytes : undefined;
      }),
  };
}

/** Lists all objects, and deletes what killed processes left. */
async function listAll(
  folder: string,
  objectFile: (digest: string) => string,
  wholes: WholeFiles,
): Promise<SizedObject[]> {
  const sizeOf = async (sha256: Sha256): Promise<SizedObject | undefined> => {
    const found = await stat(objectFile(sha256)).catch(ignoreMissing);
    return found && { sha256, sizeBytes: found.size };
  };
  const names =
    (await readdir(join(folder, 'objects'), { recursive: true }).catch(ignoreMissing)) ?? [];
  const atTop = (await readdir(folder).catch(ignoreMissing)) ?? [];
  const files = [
    ...names.map((name) => join(folder, 'objects', name)),
    ...atTop.map((name) => join(folder, name)),
  ];
  await deleteLeftovers([
    ...files.filter((file) => file.endsWith('.tmp')),
    ...(await wholes.leftovers()),
  ]);
  const digests = names
    .map((name) => name.slice(-64))
    .filter((name): name is Sha256 => isSha256(name));
  // Another process may delete a file meanwhile.
  const sizes = await Promise.all(digests.map(sizeOf));
  const loose = sizes.filter((object) => object !== undefined);
  const seen = new Set<string>(loose.map((object) => object.sha256));
  const parts = [...(await wholes.parts()).values()];
  const inFiles = parts.filter(({ sha256 }) => !seen.has(sha256));
  return [...loose, ...inFiles.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes }))];
}

/** Reads files one after the other into a buffer. Returns whether all have their sizes. */
async function readChunks(
  chunks: readonly (SizedObject & { readonly file: string })[],
  into: Uint8Array,
): Promise<boolean> {
  let offset = 0;
  const places = chunks.map(({ file, sizeBytes }) => ({
    file,
    part: into.subarray(offset, (offset += sizeBytes)),
  }));
  for (let at = 0; at < places.length; at += READ_AT_ONCE) {
    const group = places.slice(at, at + READ_AT_ONCE);
    const read = await Promise.all(group.map(({ file, part }) => readExactly(file, part)));
    if (read.includes(false)) return false;
  }
  return true;
}

/** Reads and packs chunks, each of which is a file or part of one. */
function chunkFiles(objectFile: (digest: string) => string, wholes: WholeFiles): ChunkFiles {
  // Packing writes the list of a file before it deletes the file's chunks: look for chunks first.
  const read = async (digests: readonly Sha256[]): Promise<(Uint8Array | undefined)[]> => {
    const loose = await Promise.all(
      digests.map(async (digest) => {
        const bytes = await readFile(objectFile(digest)).catch(ignoreMissing);
        return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }),
    );
    if (!loose.includes(undefined)) return loose;
    const parts = await wholes.parts();
    return Promise.all(
      digests.map(async (digest, i) => {
        const part = parts.get(digest);
        return loose[i] ?? (part && readPart(part));
      }),
    );
  };
  const isLoose = (digest: Sha256): Promise<boolean> => exists(objectFile(digest));
  const deleteLoose = async (digests: readonly Sha256[]): Promise<void> => {
    await Promise.all(digests.map((digest) => unlink(objectFile(digest)).catch(ignoreMissing)));
  };
  const pack = async (sha256: Sha256, chunks: readonly SizedObject[]): Promise<boolean> => {
    const isPacked = await wholes.write(
      sha256,
      chunks,
      async (chunk) => (await read([chunk.sha256]))[0],
    );
    if (isPacked) await deleteLoose(chunks.map((chunk) => chunk.sha256));
    return isPacked;
  };
  return { read, isLoose, deleteLoose, pack };
}

interface ChunkFiles {
  read(digests: readonly Sha256[]): Promise<(Uint8Array | undefined)[]>;
  /** Whether a chunk is a file of its own. */
  isLoose(digest: Sha256): Promise<boolean>;
  deleteLoose(digests: readonly Sha256[]): Promise<void>;
  /** Packs a file. Resolves to false if it is not whole. */
  pack(sha256: Sha256, chunks: readonly SizedObject[]): Promise<boolean>;
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

/** Reads a file into a buffer. Returns whether it exists with exactly the buffer's length. */
async function readExactly(file: string, into: Uint8Array): Promise<boolean> {
  const found = await stat(file).catch(ignoreMissing);
  return found?.size === into.byteLength && readInto(file, into, 0);
}

function totalOf(chunks: readonly SizedObject[]): number {
  return chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/**
 * Deletes what killed processes left. A younger file may still be being written. Windows keeps a
 * file that a session has open; it is deleted another time.
 */
async function deleteLeftovers(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { mtimeMs } = (await stat(file).catch(ignoreMissing)) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(file, { force: true }).catch(() => undefined);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
