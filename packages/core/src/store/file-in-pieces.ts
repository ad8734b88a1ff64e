import { RegistryError, sha256Hex } from '@perigee/registry';
import type { Chunk, ModelFile } from '@perigee/registry';
import { freeBuffers } from '../free-buffers.ts';
import { storageError } from './errors.ts';
import type { OpenFile } from './store.ts';

/** Most bytes to request at once. Reading chunk by chunk takes twice as long in Chromium. */
const GROUP_BYTES = 8 * 1024 * 1024;
/** Digests computed at the same time. Each one copies its chunk. */
const PARALLEL = 4;

type Bytes = Uint8Array<ArrayBuffer>;

/** A chunk of the file. Its bytes were verified; they are null once they were given up. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
  bytes: Bytes | null;
}

/** Bytes that were read and are not verified yet. */
interface ReadPiece {
  readonly piece: Piece;
  readonly bytes: Bytes;
}

/**
 * Reads a file that the browser keeps as a Blob. Each chunk has a buffer of its own, which is freed
 * when its bytes are taken. Model files are cut at their tensors, so a runtime that takes one
 * tensor at a time never has more than the file and one tensor in memory. Every chunk is checked
 * against its digest when it is read.
 * @throws RegistryError INTEGRITY
 * @throws PerigeeError STORAGE
 */
export async function fileInPieces(
  blob: Blob,
  { path, sha256, sizeBytes }: ModelFile,
  chunks: readonly Chunk[],
): Promise<OpenFile> {
  const pieces = piecesOf(chunks);
  if (blob.size !== sizeBytes || pieces.at(-1)?.end !== sizeBytes) throw damaged(path);
  const restore = (): Promise<void> => readMissing(blob, pieces, path);
  /** Bytes of the last call that no piece has. */
  let last: Bytes | null = null;
  const freeLast = (): void => {
    if (last) free(last);
    last = null;
  };
  const get = (start: number, end: number, givesUp: boolean): Bytes => {
    freeLast();
    const bytes = joined(pieces, start, end, givesUp);
    if (!pieces.some((piece) => piece.bytes?.buffer === bytes.buffer)) last = bytes;
    return bytes;
  };
  const close = (): void => {
    freeLast();
    freeBuffers(pieces.flatMap(({ bytes }) => bytes?.buffer ?? []));
    for (const piece of pieces) piece.bytes = null;
  };
  await restore().catch((error: unknown) => {
    close();
    throw error;
  });
  return {
    name: sha256,
    folder: '',
    sizeBytes,
    verified: Promise.resolve(),
    restore,
    read: (start, end) => get(start, end, false),
    take: (start, end) => get(start, end, true),
    close,
  };
}

function piecesOf(chunks: readonly Chunk[]): Piece[] {
  let end = 0;
  return chunks.map(({ sha256, sizeBytes }) => {
    end += sizeBytes;
    return { start: end - sizeBytes, end, sha256, bytes: null };
  });
}

/** Reads the pieces that have no bytes. A group is verified while the next one is read. */
async function readMissing(blob: Blob, pieces: readonly Piece[], path: string): Promise<void> {
  const missing = pieces.filter((piece) => piece.bytes === null);
  let kept = Promise.resolve();
  for (const group of inGroups(missing)) {
    const [read] = await Promise.all([readGroup(blob, group), kept]);
    kept = keepVerified(read, path);
  }
  await kept;
}

/** Puts neighbours together, to request them at once. */
function inGroups(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    const isNext = group?.at(-1)?.end === piece.start;
    if (group && first && isNext && piece.end - first.start <= GROUP_BYTES) group.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

async function readGroup(blob: Blob, group: readonly Piece[]): Promise<ReadPiece[]> {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return [];
  const part = blob.slice(first.start, last.end);
  const all = new Uint8Array(
    await part.arrayBuffer().catch((cause: unknown) => {
      throw storageError(cause, 'Reading a model file');
    }),
  );
  const read = group.map((piece) => ({
    piece,
    bytes: all.slice(piece.start - first.start, piece.end - first.start),
  }));
  free(all);
  return read;
}

/** Gives each piece its bytes if they are right. Wrong ones are freed, so that nobody reads them. */
async function keepVerified(read: readonly ReadPiece[], path: string): Promise<void> {
  const waiting = [...read];
  let isDamaged = false;
  const check = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { piece, bytes } = next;
      if ((await sha256Hex(bytes)) === piece.sha256) {
        piece.bytes = bytes;
        continue;
      }
      isDamaged = true;
      free(bytes);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, check));
  if (isDamaged) throw damaged(path);
}

/** The bytes from `start` to `end`, not copied where one piece has them. */
function joined(pieces: readonly Piece[], start: number, end: number, givesUp: boolean): Bytes {
  const touched = pieces.filter((piece) => piece.start < end && piece.end > start);
  const isWithin = (piece: Piece): boolean => start <= piece.start && piece.end <= end;
  const [only, ...more] = touched;
  if (only && more.length === 0) {
    const bytes = held(only).subarray(start - only.start, end - only.start);
    if (givesUp && isWithin(only)) only.bytes = null;
    return bytes;
  }
  const bytes = new Uint8Array(end - start);
  for (const piece of touched) {
    const from = Math.max(start, piece.start);
    const part = held(piece).subarray(from - piece.start, Math.min(end, piece.end) - piece.start);
    bytes.set(part, from - start);
    if (givesUp && isWithin(piece)) giveUp(piece);
  }
  return bytes;
}

function held({ bytes, start, end }: Piece): Bytes {
  if (bytes) return bytes;
  throw new Error(`The bytes from ${start} to ${end} were taken already. Restore the file first.`);
}

function giveUp(piece: Piece): void {
  if (piece.bytes) free(piece.bytes);
  piece.bytes = null;
}

function free({ buffer }: Bytes): void {
  freeBuffers([buffer]);
}

function damaged(path: string): RegistryError {
  return new RegistryError('INTEGRITY', `"${path}" is damaged.`, { details: { file: path } });
}
