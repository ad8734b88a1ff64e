/**
 * Number of logarithmic buckets of a duration: 4 per octave, 24 octaves from 2^-6 ms (15.6 µs) to
 * 262 s.
 */
export const LATENCY_BUCKETS = 96;
const PER_OCTAVE = 4;
const MIN_EXPONENT = -6;

/**
 * Bucket of a duration. Durations outside the range are in the first or last bucket.
 * @param ms milliseconds
 * @example
 * ```ts
 * latencyBucket(1); // 24
 * ```
 */
export function latencyBucket(ms: number): number {
  if (!(ms > 0)) return 0;
  return Math.min(
    LATENCY_BUCKETS - 1,
    Math.max(0, Math.floor((Math.log2(ms) - MIN_EXPONENT) * PER_OCTAVE)),
  );
}

/**
 * Quantile of counted durations, in milliseconds, interpolated geometrically within its bucket. The
 * error is less than the width of the bucket, a factor of 2^(1/4) = 1.19, for durations from 16 µs
 * to 262 s. NaN without counts.
 * @param histogram counts by bucket
 * @param q 0 to 1
 * @example
 * ```ts
 * const p95Ms = latencyQuantile(profile.latency[STAGES.indexOf('total')] ?? [], 0.95);
 * ```
 */
export function latencyQuantile(histogram: ArrayLike<number>, q: number): number {
  let total = 0;
  for (let i = 0; i < histogram.length; i += 1) total += histogram[i] ?? 0;
  if (total === 0) return Number.NaN;
  const wanted = q * total;
  let below = 0;
  for (let i = 0; i < histogram.length; i += 1) {
    const count = histogram[i] ?? 0;
    if (count > 0 && below + count >= wanted) {
      const inside = Math.max(0, wanted - below) / count;
      return 2 ** (MIN_EXPONENT + (i + inside) / PER_OCTAVE);
    }
    below += count;
  }
  return 2 ** (MIN_EXPONENT + histogram.length / PER_OCTAVE);
}
