import { gunzip, RegistryError } from '@perigee/registry';
import { PerigeeError } from '../error.ts';

/** Maximum ratio of unpacked to packed bytes. Gzip makes weights only a few times smaller. */
const MAX_RATIO = 32;
/** Every file may unpack to this many bytes, because a small file of zeros exceeds the ratio. */
const MIN_LIMIT = 64 * 1024 * 1024;
/** Maximum unpacked bytes. No runtime takes a larger file. */
const MAX_LIMIT = 2 ** 31;

/**
 * Unpacks a gzip file. Other bytes are returned unchanged. Weights may begin like gzip by chance:
 * bytes that cannot be unpacked are returned unchanged, too.
 * @param limit most unpacked bytes
 * @throws PerigeeError WRONG_CONTENT for a file that unpacks to more
 */
export async function unpack(
  path: string,
  bytes: Uint8Array,
  limit = Math.min(MAX_LIMIT, Math.max(MIN_LIMIT, MAX_RATIO * bytes.byteLength)),
): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return bytes;
  try {
    return await gunzip(bytes, limit, path);
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.details['maxBytes'] === undefined) return bytes;
    throw new PerigeeError(
      'WRONG_CONTENT',
      `"${path}" is a gzip file of ${bytes.byteLength} bytes that unpacks to more than ` +
        `${limit} bytes. No model is packed so tightly; it was not unpacked further. If it is ` +
        'one, unpack it and load it as it is.',
      { details: { path, maxBytes: limit } },
    );
  }
}

/** The name of a gzip file without ".gz". */
export function unpackedName(path: string): string {
  return path.replace(/\.gz$/i, '');
}
