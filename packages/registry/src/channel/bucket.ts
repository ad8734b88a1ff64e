/** Number of buckets that devices are divided into. One bucket is one permyriad. */
export const BUCKETS = 10_000;

/**
 * The bucket of a device, 0–9,999: the first 32 bits of SHA-256("rollout/v1" 0 salt 0 installId),
 * scaled to 10,000. The same device and salt always give the same bucket, so a rollout is sticky
 * and monotone without a server.
 * @param salt of the rollout or the experiment
 * @param installId random text that the device keeps
 * @example
 * ```ts
 * const bucket = await rolloutBucket('2026-11', installId);
 * const isIncluded = bucket < 500; // a rollout of 5 %
 * ```
 */
export async function rolloutBucket(salt: string, installId: string): Promise<number> {
  const bytes = new TextEncoder().encode(`rollout/v1\0${salt}\0${installId}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const [a = 0, b = 0, c = 0, d = 0] = digest;
  // JavaScript's shifts work on signed 32-bit integers, so multiply instead.
  return Math.floor((((a * 256 + b) * 65_536 + c * 256 + d) * BUCKETS) / 2 ** 32);
}
