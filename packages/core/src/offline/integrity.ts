/** Of SHA-2. The longest digest is the strongest. */
const DIGEST_BITS = [512, 384, 256];

/**
 * Whether a file has one of the digests that its entry lists, in the form of Subresource Integrity
 * (https://www.w3.org/TR/SRI/). Only digests of the strongest algorithm count. `fetch` could check
 * this too, but its error does not differ from that of a network that is down.
 */
export async function hasIntegrity(file: Blob, integrity: string): Promise<boolean> {
  const digests = integrity.trim().split(/\s+/);
  for (const bits of DIGEST_BITS) {
    const listed = digests.filter((digest) => digest.startsWith(`sha${bits}-`));
    if (listed.length === 0) continue;
    const digest = await crypto.subtle.digest(`SHA-${bits}`, await file.arrayBuffer());
    const found = `sha${bits}-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
    return listed.some((one) => one.replace(/\?.*/, '') === found);
  }
  return true;
}
