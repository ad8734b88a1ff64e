/**
 * Short id of a reference profile: the first 16 hex digits of the SHA-256 of its bytes. Profiles of
 * different references are never added.
 * @example
 * ```ts
 * const key = { ...fields, reference: await referenceId(bytes) };
 * ```
 */
export async function referenceId(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>),
    0,
    8,
  );
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
