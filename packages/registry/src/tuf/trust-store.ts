import { RegistryError } from '../error.ts';
import type { Envelope, Signed } from './metadata.ts';

/**
 * Verified metadata by role name: 'root', 'timestamp', … and the names of delegated roles, which may hold any character. It must hold a 'root' from
 * the start, out of band: everything is trusted because of that one. Writing no bytes at all means the role is forgotten.
 */
export interface TrustStore {
  read(role: string): Promise<Uint8Array | undefined>;
  write(role: string, bytes: Uint8Array): Promise<void>;
}

/** Reads a file of the metadata folder, like `2.root.json` (already percent-encoded), at most `maxBytes` of it; undefined where there is none (404). */
export type FetchMetadata = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;

export async function readStored(trust: TrustStore, role: string): Promise<Uint8Array | undefined> {
  const bytes = await trust.read(role);
  return bytes && bytes.byteLength > 0 ? bytes : undefined;
}

/** Undefined also when what is stored no longer verifies: after a rotation of keys that is what must happen, and the host has the new file. */
export async function openStored<T extends Signed>(trust: TrustStore, role: string, open: (bytes: Uint8Array) => Promise<Envelope<T>>): Promise<Envelope<T> | undefined> {
  const bytes = await readStored(trust, role);
  if (!bytes) return undefined;
  try {
    return await open(bytes);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** @throws RegistryError INTEGRITY when more comes than was asked for */
export async function fetchBounded(fetch: FetchMetadata, path: string, maxBytes: number, role: string): Promise<Uint8Array | undefined> {
  const bytes = await fetch(path, maxBytes);
  if (bytes && bytes.byteLength > maxBytes) {
    throw new RegistryError('INTEGRITY', `The ${role} metadata ${path} has ${bytes.byteLength} bytes; at most ${maxBytes} are allowed.`, { details: { role, path, maxBytes } });
  }
  return bytes;
}

/** @throws RegistryError WRONG_CONTENT when there is no such file */
export async function fetchExpected(fetch: FetchMetadata, path: string, maxBytes: number, role: string): Promise<Uint8Array> {
  const bytes = await fetchBounded(fetch, path, maxBytes, role);
  if (!bytes) throw new RegistryError('WRONG_CONTENT', `The registry has no ${path}, the ${role} metadata that must be there.`, { details: { role, path } });
  return bytes;
}
