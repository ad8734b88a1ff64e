import { LATENCY_BUCKETS } from '@perigee/profile';

/** Midpoint of bucket i as ln(ms). There are 4 buckets per octave, from 2^-6 ms. */
const LN_MIDDLE = Float64Array.from(
  { length: LATENCY_BUCKETS },
  (_, i) => (-6 + (i + 0.5) / 4) * Math.LN2,
);

/**
 * Mean of ln(ms). Multiplying every duration by a factor shifts it by a constant. NaN for an empty
 * histogram.
 */
export function meanLogLatency(histogram: ArrayLike<number>): number {
  let total = 0;
  let count = 0;
  for (let i = 0; i < histogram.length; i += 1) {
    total += (histogram[i] ?? 0) * (LN_MIDDLE[i] ?? 0);
    count += histogram[i] ?? 0;
  }
  return count === 0 ? Number.NaN : total / count;
}
