import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha256, LIMITS } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { ignoreMissing, syncFolder } from './journal/files.ts';
import type { SizedObject } from './store.ts';

/** An object inside a file in one piece. */
export interface PartOfFile extends SizedObject {
  readonly path: string;
  readonly offset: number;
}

export interface ReadObject {
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

/** Entry of a part in the list beside its file. */
type ListedPart = Omit<PartOfFile, 'path'>;

/** Files in one piece, and the objects inside them. */
export interface WholeFiles {
  /** The path of a file that has all these objects. */
  find(sha256: Sha256, chunks: readonly SizedObject[]): Promise<string | undefined>;
  /** The objects that are in a file, by digest. */
  parts(): Promise<ReadonlyMap<string, PartOfFile>>;
  /**
   * Writes a file of its objects, read one by one. Resolves to false, and keeps nothing, if one is
   * missing or the file does not have its digest.
   */
  write(
    sha256: Sha256,
    chunks: readonly SizedObject[],
    read: (chunk: SizedObject) => Promise<Uint8Array | undefined>,
  ): Promise<boolean>;
  /** Deletes objects, and each file whose other objects are elsewhere, too. */
  forget(
    digests: readonly Sha256[],
    isElsewhere: (digest: Sha256) => Promise<boolean>,
  ): Promise<void>;
  /** Deletes a file. `keep` gets each of its objects that has its digest before that. */
  takeApart(sha256: Sha256, keep: (object: ReadObject) => Promise<void>): Promise<void>;
  /** Paths of files without a list and of lists without a file, which a kill left behind. */
  leftovers(): Promise<string[]>;
}

const LIST = '.parts';
/** Node cannot read 2 GiB or more at once, and ends the process. */
export const MOST_AT_ONCE = 1024 * 1024 * 1024;

/**
 * Keeps each file as `files/<digest>`, and beside it `files/<digest>.parts`: the objects that are in
 * it. A list is written after its file, and deleted before it, so what a list names is there.
 */
export function wholeFiles(folder: string): WholeFiles {
  const fileOf = (sha256: string): string => join(folder, 'files', sha256);
  const names = async (): Promise<string[]> =>
    (await readdir(join(folder, 'files')).catch(ignoreMissing)) ?? [];
  const listOf = listReader((sha256) => `${fileOf(sha256)}${LIST}`);
  const lists = async (): Promise<Map<string, readonly ListedPart[]>> => {
    const digests = (await names())
      .filter((name) => name.endsWith(LIST))
      .map((name) => name.slice(0, -LIST.length));
    const found = await Promise.all(
      digests.map(async (sha256) => [sha256, await listOf(sha256)] as const),
    );
    return new Map(found);
  };
  let known = new Map<string, readonly ListedPart[]>();
  let parts = new Map<string, PartOfFile>();
  const remove = async (sha256: string): Promise<void> => {
    await rm(`${fileOf(sha256)}${LIST}`, { force: true });
    // Windows keeps a file that a session has open. It is deleted as a leftover later.
    await rm(fileOf(sha256), { force: true }).catch(() => undefined);
  };

  return {
    async find(sha256, chunks) {
      const listed = new Set((await listOf(sha256)).map((part) => part.sha256));
      if (chunks.length === 0 || !chunks.every((chunk) => listed.has(chunk.sha256)))
        return undefined;
      const found = await stat(fileOf(sha256)).catch(ignoreMissing);
      const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
      return found?.size === sizeBytes ? fileOf(sha256) : undefined;
    },
    async parts() {
      const all = await lists();
      // Chunks are looked up one by one, and a large model has thousands.
      if (all.size === known.size && [...all].every(([sha256, list]) => known.get(sha256) === list))
        return parts;
      known = all;
      parts = new Map();
      for (const [sha256, list] of all)
        for (const part of list) parts.set(part.sha256, { ...part, path: fileOf(sha256) });
      return parts;
    },
    async write(sha256, chunks, read) {
      await mkdir(join(folder, 'files'), { recursive: true });
      const written = await writeParts(fileOf(sha256), sha256, chunks, read);
      if (!written) return false;
      await replace(`${fileOf(sha256)}${LIST}`, JSON.stringify(listed(chunks)));
      await syncFolder(join(folder, 'files'));
      return true;
    },
    async forget(digests, isElsewhere) {
      const gone = new Set<string>(digests);
      const all = await lists();
      for (const [sha256, list] of all) {
        const rest = list.filter((part) => !gone.has(part.sha256));
        if (rest.length === list.length) continue;
        all.set(sha256, rest);
        const isInAnother = (digest: string): boolean =>
          [...all].some(
            ([other, parts]) => other !== sha256 && parts.some((part) => part.sha256 === digest),
          );
        const elsewhere = await Promise.all(
          rest.map(async (part) => isInAnother(part.sha256) || (await isElsewhere(part.sha256))),
        );
        if (elsewhere.includes(false))
          await replace(`${fileOf(sha256)}${LIST}`, JSON.stringify(rest));
        else {
          all.delete(sha256);
          await remove(sha256);
        }
      }
    },
    async takeApart(sha256, keep) {
      for (const part of await listOf(sha256)) {
        const bytes = await readPart({ ...part, path: fileOf(sha256) });
        if (bytes && digestOf(bytes) === part.sha256) await keep({ sha256: part.sha256, bytes });
      }
      await remove(sha256);
    },
    async leftovers() {
      const all = await names();
      const here = new Set(all);
      return all
        .filter((name) =>
          name.endsWith(LIST)
            ? !here.has(name.slice(0, -LIST.length))
            : !here.has(`${name}${LIST}`),
        )
        .map(fileOf);
    },
  };
}

/** Reads an object that is part of a file. Undefined when the file is not there, or too short. */
export async function readPart(part: PartOfFile): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(part.sizeBytes);
  return (await readInto(part.path, bytes, part.offset)) ? bytes : undefined;
}

/** Fills a buffer with the bytes of a file from an offset. Returns whether there were enough. */
export async function readInto(path: string, into: Uint8Array, offset: number): Promise<boolean> {
  const handle = await open(path).catch(ignoreMissing);
  if (!handle) return false;
  try {
    for (let at = 0; at < into.byteLength;) {
      const length = Math.min(into.byteLength - at, MOST_AT_ONCE);
      const { bytesRead } = await handle.read(into, at, length, offset + at);
      if (bytesRead === 0) return false;
      at += bytesRead;
    }
    return true;
  } finally {
    await handle.close();
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Returns a function that reads lists, and parses each only once until it is replaced. */
function listReader(
  pathOf: (sha256: string) => string,
): (sha256: string) => Promise<readonly ListedPart[]> {
  const read = new Map<string, { readonly stamp: string; readonly list: readonly ListedPart[] }>();
  return async (sha256) => {
    const path = pathOf(sha256);
    const found = await stat(path, { bigint: true }).catch(ignoreMissing);
    const before = read.get(sha256);
    const stamp = found && `${found.ino} ${found.size} ${found.mtimeNs}`;
    if (before && before.stamp === stamp) return before.list;
    read.delete(sha256);
    const text = await readFile(path, 'utf8').catch(ignoreMissing);
    if (stamp === undefined || text === undefined) return [];
    const list = parseList(text);
    read.set(sha256, { stamp, list });
    return list;
  };
}

/** Damaged parts of a list count as missing, and are fetched again. */
function parseList(text: string): readonly ListedPart[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isPart) : [];
  } catch {
    return [];
  }
}

function isPart(value: unknown): value is ListedPart {
  const { sha256, sizeBytes, offset } = (value ?? {}) as Partial<Record<string, unknown>>;
  const isWithin = (number: unknown, most: number): boolean =>
    Number.isInteger(number) && (number as number) >= 0 && (number as number) <= most;
  return (
    typeof sha256 === 'string' &&
    isSha256(sha256) &&
    isWithin(sizeBytes, LIMITS.chunkBytes) &&
    isWithin(offset, LIMITS.fileBytes)
  );
}

function listed(chunks: readonly SizedObject[]): ListedPart[] {
  let offset = 0;
  return chunks.map(({ sha256, sizeBytes }) => {
    offset += sizeBytes;
    return { sha256, sizeBytes, offset: offset - sizeBytes };
  });
}

/** Writes the objects one after the other. Keeps the file only if it has its digest. */
async function writeParts(
  path: string,
  sha256: Sha256,
  chunks: readonly SizedObject[],
  read: (chunk: SizedObject) => Promise<Uint8Array | undefined>,
): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx');
  const hash = createHash('sha256');
  try {
    for (const chunk of chunks) {
      const bytes = await read(chunk);
      if (bytes?.byteLength !== chunk.sizeBytes) return false;
      hash.update(bytes);
      await handle.writeFile(bytes);
    }
    if (hash.digest('hex') !== sha256) return false;
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
    return true;
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}
