import { RegistryError } from '../error.ts';
import type { Chunk, ModelFile } from '../manifest/manifest.ts';
import { sha256Hex } from './hash.ts';

/**
 * Assembles a file from its chunks in one preallocated buffer. It checks the digest of each chunk,
 * because a digest of the whole file would need a second copy of it.
 * @param read returns the decoded bytes of a chunk, or undefined when they are not stored
 * @throws RegistryError INTEGRITY (`details.sha256` names the chunk), OUT_OF_MEMORY
 * @example
 * ```ts
 * const bytes = await assembleFile(file, variant.chunks, (chunk) => store.read(chunk.sha256));
 * ```
 */
export async function assembleFile(
  file: ModelFile,
  chunks: readonly Chunk[],
  read: (chunk: Chunk) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = allocate(file);
  let offset = 0;
  for (const index of file.chunks) {
    const chunk = chunks[index];
    const part = chunk && (await read(chunk));
    if (!part || part.byteLength !== chunk.sizeBytes) {
      throw new RegistryError(
        'INTEGRITY',
        `A chunk of "${file.path}" is ` +
          `${part ? `${part.byteLength} bytes long, not ${chunk?.sizeBytes}` : 'missing'}.`,
        { details: { sha256: chunk?.sha256, file: file.path } },
      );
    }
    if ((await sha256Hex(part)) !== chunk.sha256) throw damagedChunk(file, chunk);
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  if (offset !== bytes.byteLength)
    throw new RegistryError(
      'INTEGRITY',
      `The chunks of "${file.path}" have ${offset} bytes together, not ${bytes.byteLength}.`,
      { details: { sha256: file.sha256, file: file.path } },
    );
  return bytes;
}

/** Digests computed at the same time. Each one copies its chunk. */
const PARALLEL = 4;

/**
 * Checks the digest of each chunk of an assembled file.
 * @throws RegistryError INTEGRITY (`details.sha256` names the chunk)
 * @example
 * ```ts
 * await checkChunks(file, variant.chunks, bytes);
 * ```
 */
export async function checkChunks(
  file: ModelFile,
  chunks: readonly Chunk[],
  bytes: Uint8Array,
): Promise<void> {
  let offset = 0;
  const parts = file.chunks.map((index) => {
    const start = offset;
    offset += chunks[index]?.sizeBytes ?? 0;
    return { chunk: chunks[index], start };
  });
  if (offset !== bytes.byteLength)
    throw new RegistryError(
      'INTEGRITY',
      `"${file.path}" is ${bytes.byteLength} bytes long, not ${offset}.`,
      { details: { sha256: file.sha256, file: file.path } },
    );
  const work = async (): Promise<void> => {
    for (let part = parts.shift(); part; part = parts.shift()) {
      const { chunk, start } = part;
      if (
        !chunk ||
        (await sha256Hex(bytes.subarray(start, start + chunk.sizeBytes))) !== chunk.sha256
      ) {
        throw damagedChunk(file, chunk);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

function damagedChunk({ path }: ModelFile, chunk: Chunk | undefined): RegistryError {
  return new RegistryError('INTEGRITY', `A chunk of "${path}" is damaged.`, {
    details: { sha256: chunk?.sha256, file: path },
  });
}

function allocate({ path, sizeBytes }: ModelFile): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes);
  } catch (cause) {
    throw new RegistryError(
      'OUT_OF_MEMORY',
      `"${path}" needs ${sizeBytes} bytes in one piece, which this device cannot allocate.`,
      { cause, details: { file: path, sizeBytes } },
    );
  }
}
