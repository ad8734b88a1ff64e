import { RegistryError, sha256Hex } from '@perigee/registry';
import type { Chunk, ModelFile } from '@perigee/registry';
import { freeBuffers } from '../free-buffers.ts';
import type { OpenFile } from './store.ts';

/** Most bytes to request at once. Reading chunk by chunk takes twice as long in Chromium. */
const GROUP_BYTES = 8 * 1024 * 1024;
/** Digests computed at the same time. Each one copies its chunk. */
const PARALLEL = 4;

/** A chunk of the file. Its bytes are null once they were given up. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
  bytes: Uint8Array<ArrayBuffer> | null;
}

/**
 * Reads a file that the browser keeps as a Blob. Each chunk has a buffer of its own, which is freed
 * when its bytes are taken. Model files are cut at their tensors, so a runtime that takes one
 * tensor at a time never has more than the file and one tensor in memory. Every chunk is checked
 * against its digest when it is read.
 * @throws RegistryError INTEGRITY
 */
export async function fileInPieces(
  blob: Blob,
  { path, sha256, sizeBytes }: ModelFile,
  chunks: readonly Chunk[],
): Promise<OpenFile> {
  const pieces = piecesOf(chunks);
  const restore = async (): Promise<void> => {
    const missing = pieces.filter((piece) => piece.bytes === null);
    let checked = Promise.resolve();
    for (const group of inGroups(missing)) {
      await Promise.all([readGroup(blob, group), checked]);
      checked = checkGroup(group, path);
    }
    await checked;
  };
  if (blob.size !== sizeBytes || pieces.at(-1)?.end !== sizeBytes) throw damaged(path);
  await restore();
  let taken: Uint8Array<ArrayBuffer> | null = null;
  const freeTaken = (): void => {
    if (taken) free(taken);
    taken = null;
  };
  return {
    name: sha256,
    folder: '',
    sizeBytes,
    verified: Promise.resolve(),
    restore,
    read: (start, end) => joined(pieces, start, end, false),
    take(start, end) {
      freeTaken();
      const bytes = joined(pieces, start, end, true);
      if (!pieces.some((piece) => piece.bytes?.buffer === bytes.buffer)) taken = bytes;
      return bytes;
    },
    close() {
      freeTaken();
      freeBuffers(pieces.flatMap(({ bytes }) => bytes?.buffer ?? []));
      for (const piece of pieces) piece.bytes = null;
    },
  };
}

function piecesOf(chunks: readonly Chunk[]): Piece[] {
  let end = 0;
  return chunks.map(({ sha256, sizeBytes }) => {
    end += sizeBytes;
    return { start: end - sizeBytes, end, sha256, bytes: null };
  });
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

async function readGroup(blob: Blob, group: readonly Piece[]): Promise<void> {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return;
  const bytes = new Uint8Array(await blob.slice(first.start, last.end).arrayBuffer());
  for (const piece of group)
    piece.bytes = bytes.slice(piece.start - first.start, piece.end - first.start);
  free(bytes);
}

async function checkGroup(group: readonly Piece[], path: string): Promise<void> {
  const waiting = [...group];
  const check = async (): Promise<void> => {
    for (let piece = waiting.shift(); piece; piece = waiting.shift())
      if (!piece.bytes || (await sha256Hex(piece.bytes)) !== piece.sha256) throw damaged(path);
  };
  await Promise.all(Array.from({ length: PARALLEL }, check));
}

/** The bytes from `start` to `end`, not copied where one piece has them. */
function joined(
  pieces: readonly Piece[],
  start: number,
  end: number,
  givesUp: boolean,
): Uint8Array<ArrayBuffer> {
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

function held({ bytes, start, end }: Piece): Uint8Array<ArrayBuffer> {
  if (bytes) return bytes;
  throw new Error(`The bytes from ${start} to ${end} were taken already. Restore the file first.`);
}

function giveUp(piece: Piece): void {
  if (piece.bytes) free(piece.bytes);
  piece.bytes = null;
}

function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  freeBuffers([buffer]);
}

function damaged(path: string): RegistryError {
  return new RegistryError('INTEGRITY', `"${path}" is damaged.`, { details: { file: path } });
}
