import { RegistryError } from '../error.ts';
import { readBounded } from './bounded-read.ts';

/** RFC 1952, by the platform's own compressor. */
export function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return readBounded(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('gzip')), Number.MAX_SAFE_INTEGER, 'gzip output');
}

/**
 * Inflates to at most `maxBytes`; a bomb is given up at the first byte over.
 * @throws RegistryError WRONG_CONTENT when it grows larger or is no gzip
 */
export async function gunzip(bytes: Uint8Array, maxBytes: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBounded(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip')), maxBytes, what);
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('WRONG_CONTENT', `${what} is not valid gzip.`, { cause });
  }
}
