import { RegistryError } from '../error.ts';
import { toHex } from './hex.ts';
import type { Hashes } from './metadata.ts';

const ALGORITHMS = [
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
] as const;

/**
 * Checks the length and every listed digest. Digests other than SHA-256 and SHA-512 are skipped. If
 * digests are listed, at least one must be SHA-256 or SHA-512.
 * @throws RegistryError INTEGRITY
 */
export async function checkFile(
  bytes: Uint8Array,
  listed: { readonly length?: number; readonly hashes?: Hashes },
  what: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { length, hashes } = listed;
  if (length !== undefined && bytes.byteLength !== length)
    throw new RegistryError(
      'INTEGRITY',
      `${what} has ${bytes.byteLength} bytes; ${length} are listed.`,
      { details },
    );
  if (!hashes) return;
  const known = ALGORITHMS.filter(([name]) => Object.hasOwn(hashes, name));
  if (known.length === 0)
    throw new RegistryError(
      'INTEGRITY',
      `${what} is listed with digests by ${Object.keys(hashes).join(', ')}; expected sha256 ` +
        'or sha512.',
      { details },
    );
  for (const [name, algorithm] of known) {
    const digest = toHex(
      new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>)),
    );
    if (digest !== hashes[name])
      throw new RegistryError(
        'INTEGRITY',
        `${what} has ${name} ${digest}; ${hashes[name]} is listed.`,
        { details },
      );
  }
}

export async function isFile(
  bytes: Uint8Array,
  listed: { readonly length?: number; readonly hashes?: Hashes },
): Promise<boolean> {
  return checkFile(bytes, listed, 'it', {}).then(
    () => true,
    () => false,
  );
}
