import { RegistryError } from '../error.ts';
import { readBounded } from './bounded-read.ts';

const PART_BYTES = 64 * 1024;

/**
 * Compresses to gzip (RFC 1952) with the platform's CompressionStream.
 * @example
 * ```ts
 * const packed = await gzip(bytes);
 * ```
 */
export function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return readBounded(
    streamOf(bytes).pipeThrough(new CompressionStream('gzip')),
    Number.MAX_SAFE_INTEGER,
    'gzip output',
  );
}

/**
 * Inflates to at most `maxBytes`. A gzip bomb is abandoned at the first byte above that.
 * @param what names the object in errors
 * @throws RegistryError WRONG_CONTENT when the result is larger, or the bytes are no gzip
 * @example
 * ```ts
 * const bytes = await gunzip(packed, 65_536, 'the card');
 * ```
 */
export async function gunzip(
  bytes: Uint8Array,
  maxBytes: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBounded(
      streamOf(bytes).pipeThrough(new DecompressionStream('gzip')),
      maxBytes,
      what,
    );
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('WRONG_CONTENT', `${what} is not valid gzip.`, { cause });
  }
}

/**
 * Streams bytes part by part, so that no more is inflated than is read. A browser sends the stream
 * of a Blob through another process, which takes longer than inflating it.
 */
function streamOf(bytes: Uint8Array): ReadableStream {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.byteLength) controller.enqueue(bytes.subarray(at, (at += PART_BYTES)));
      if (at >= bytes.byteLength) controller.close();
    },
  });
}
