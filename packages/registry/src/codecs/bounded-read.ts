import { RegistryError } from '../error.ts';

/**
 * Reads a whole stream of at most `maxBytes`. It stops at the first byte above that, so that an
 * endless answer costs no more.
 * @param what names the object in errors
 * @param onBytes is called with the length of each part
 * @throws RegistryError WRONG_CONTENT when the stream is longer
 * @example
 * ```ts
 * const bytes = await readBounded(response.body, 65_536, 'the timestamp');
 * ```
 */
export async function readBounded(
  stream: ReadableStream,
  maxBytes: number,
  what: string,
  onBytes?: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw new RegistryError(
        'WRONG_CONTENT',
        `${what} is longer than the allowed ${maxBytes} bytes. The host does not send what was ` +
          'published.',
        { details: { maxBytes } },
      );
    }
    parts.push(value);
    onBytes?.(value.byteLength);
  }
  if (parts.length === 1 && parts[0]) return parts[0];
  const result = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.byteLength;
  }
  return result;
}
