/** Log buckets of a duration: 4 an octave from 2^-6 ms (15.6 µs) up, 24 octaves (262 s). */
export const LATENCY_BUCKETS = 96;
const PER_OCTAVE = 4;
const MIN_EXPONENT = -6;

/** Bucket of a duration in milliseconds; what is shorter or longer than the range falls into the first or last. */
export function latencyBucket(ms: number): number {
  if (!(ms > 0)) return 0;
  return Math.min(LATENCY_BUCKETS - 1, Math.max(0, Math.floor((Math.log2(ms) - MIN_EXPONENT) * PER_OCTAVE)));
}

/**
 * Duration in milliseconds below which the share q of the counted ones lies, interpolated geometrically inside its bucket. Off by less than
 * the bucket's width, a factor of 2^(1/4) = 1.19, for durations from 16 µs to 262 s; those outside are only known to be outside. NaN when
 * nothing was counted.
 * @param q 0 to 1
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
