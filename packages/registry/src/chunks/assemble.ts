import { RegistryError } from '../error.ts';
import type { Chunk, ModelFile } from '../manifest/manifest.ts';
import { sha256Hex } from './hash.ts';

/**
 * A file from its chunks, in one preallocated buffer, the whole checked against its digest.
 * @param read gives the decoded bytes of one chunk, or undefined when they are not here
 * @throws RegistryError INTEGRITY (`details.sha256` names the chunk, or the file when every chunk seemed right), OUT_OF_MEMORY
 */
export async function assembleFile(file: ModelFile, chunks: readonly Chunk[], read: (chunk: Chunk) => Promise<Uint8Array | undefined>): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = allocate(file);
  let offset = 0;
  for (const index of file.chunks) {
    const chunk = chunks[index];
    const part = chunk && (await read(chunk));
    if (!part || part.byteLength !== chunk.sizeBytes) {
      throw new RegistryError('INTEGRITY', `A chunk of "${file.path}" is ${part ? `${part.byteLength} bytes long, not ${chunk?.sizeBytes}` : 'missing'}.`, { details: { sha256: chunk?.sha256, file: file.path } });
    }
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  const got = await sha256Hex(bytes);
  if (got !== file.sha256) throw new RegistryError('INTEGRITY', `"${file.path}" has digest ${got}, expected ${file.sha256}.`, { details: { sha256: file.sha256, file: file.path } });
  return bytes;
}

function allocate({ path, sizeBytes }: ModelFile): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes);
  } catch (cause) {
    throw new RegistryError('OUT_OF_MEMORY', `"${path}" needs ${sizeBytes} bytes in one piece, which this device does not give.`, { cause, details: { file: path, sizeBytes } });
  }
}
