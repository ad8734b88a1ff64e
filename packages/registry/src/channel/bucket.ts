export const BUCKETS = 10_000;

/**
 * The bucket of a device, 0…9,999: the first 32 bits of SHA-256("rollout/v1" 0 salt 0 installId), scaled. The same device and salt always
 * give the same one, so a rollout is sticky and monotone without any server.
 */
export async function rolloutBucket(salt: string, installId: string): Promise<number> {
  const bytes = new TextEncoder().encode(`rollout/v1\0${salt}\0${installId}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const [a = 0, b = 0, c = 0, d = 0] = digest;
  // Not by shifts: those are of 32 bits with a sign.
  return Math.floor(((a * 256 + b) * 65_536 + c * 256 + d) * BUCKETS / 2 ** 32);
}
