import { gunzip, RegistryError } from '@perigee/registry';
import { PerigeeError } from '../error.ts';

/** Weights get a few times smaller by gzip; a file that grows more than this is no model. */
const MAX_RATIO = 32;
/** A small file of zeros may grow more. */
const MIN_LIMIT = 64 * 1024 * 1024;
/** No runtime takes more in one piece. */
const MAX_LIMIT = 2 ** 31;

/**
 * The content of a gzip file; other bytes as they are. Bytes that begin like gzip by chance, as
 * weights may, are no gzip file: they stay as they are, too.
 * @throws PerigeeError WRONG_CONTENT for a file that grows beyond all measure
 */
export async function unpack(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return bytes;
  const limit = Math.min(MAX_LIMIT, Math.max(MIN_LIMIT, MAX_RATIO * bytes.byteLength));
  try {
    return await gunzip(bytes, limit, path);
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.details['maxBytes'] === undefined) return bytes;
    throw new PerigeeError('WRONG_CONTENT', `"${path}" is a gzip file of ${bytes.byteLength} bytes that unpacks to more than ${limit} bytes. No model is packed so tightly; it was not unpacked further. If it is one, unpack it and load it as it is.`, { details: { path, maxBytes: limit } });
  }
}

/** The name of what is in a gzip file. */
export function unpackedName(path: string): string {
  return path.replace(/\.gz$/i, '');
}
