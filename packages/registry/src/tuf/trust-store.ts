import { RegistryError } from '../error.ts';
import type { Envelope, Signed } from './metadata.ts';

/**
 * Stores verified metadata by role name: 'root', 'timestamp', … and the names of delegated roles,
 * which may hold any character. It must hold a 'root' from the start, obtained out of band, because
 * all trust derives from it. Writing zero bytes forgets the role.
 */
export interface TrustStore {
  read(role: string): Promise<Uint8Array | undefined>;
  write(role: string, bytes: Uint8Array): Promise<void>;
}

/**
 * Reads at most `maxBytes` of a file of the metadata folder, such as `2.root.json` (already
 * percent-encoded). Undefined if there is none (404).
 */
export type FetchMetadata = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;

export async function readStored(trust: TrustStore, role: string): Promise<Uint8Array | undefined> {
  const bytes = await trust.read(role);
  return bytes && bytes.byteLength > 0 ? bytes : undefined;
}

/**
 * Opens a stored role. Undefined also if the stored file no longer verifies: a rotation of keys has
 * that effect, and the host has the new file.
 */
export async function openStored<T extends Signed>(
  trust: TrustStore,
  role: string,
  open: (bytes: Uint8Array) => Promise<Envelope<T>>,
): Promise<Envelope<T> | undefined> {
  const bytes = await readStored(trust, role);
  if (!bytes) return undefined;
  try {
    return await open(bytes);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/**
 * Fetches a file of at most `maxBytes`.
 * @throws RegistryError INTEGRITY when the file is longer
 */
export async function fetchBounded(
  fetch: FetchMetadata,
  path: string,
  maxBytes: number,
  role: string,
): Promise<Uint8Array | undefined> {
  const bytes = await fetch(path, maxBytes);
  if (bytes && bytes.byteLength > maxBytes) {
    throw new RegistryError(
      'INTEGRITY',
      `The ${role} metadata ${path} has ${bytes.byteLength} bytes; at most ${maxBytes} are ` +
        'allowed.',
      { details: { role, path, maxBytes } },
    );
  }
  return bytes;
}

/**
 * Fetches a file that must exist.
 * @throws RegistryError WRONG_CONTENT when there is no such file
 */
export async function fetchExpected(
  fetch: FetchMetadata,
  path: string,
  maxBytes: number,
  role: string,
): Promise<Uint8Array> {
  const bytes = await fetchBounded(fetch, path, maxBytes, role);
  if (!bytes)
    throw new RegistryError(
      'WRONG_CONTENT',
      `The registry has no ${path}, the ${role} metadata that must be there.`,
      { details: { role, path } },
    );
  return bytes;
}
