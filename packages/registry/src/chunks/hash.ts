import type { Sha256 } from '../manifest/manifest.ts';

/**
 * SHA-256 (FIPS 180-4) of the bytes, as 64 lower-case hex digits.
 * @example
 * ```ts
 * await sha256Hex(new Uint8Array()); // 'e3b0c44298fc1c14…'
 * ```
 */
export async function sha256Hex(bytes: Uint8Array): Promise<Sha256> {
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>),
  );
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') as Sha256;
}

/**
 * Whether the text is 64 lower-case hex digits.
 * @example
 * ```ts
 * isSha256('e3b0'); // false
 * ```
 */
export function isSha256(text: string): text is Sha256 {
  return /^[0-9a-f]{64}$/.test(text);
}
