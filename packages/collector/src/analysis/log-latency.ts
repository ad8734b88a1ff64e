import { LATENCY_BUCKETS } from '@perigee/profile';
import type { Estimate } from '../api.ts';

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

/**
 * Sum of ln(ms) of latencies, of which only their number and the sum of the numbers of their
 * buckets are known. The midpoints of buckets are evenly spaced, so no more is needed.
 */
export function sumOfLogLatencies(count: number, buckets: number): number {
  return ((buckets + count / 2) / 4 - 6 * count) * Math.LN2;
}

/**
 * Standard deviation of ln(ms) within a bucket, of width ln 2 ÷ 4. Latencies are known only to
 * their bucket.
 */
export const LEAST_LOG_SPREAD = 0.05;

/** Makes the interval of a mean of ln(ms) at least as wide as the buckets of n latencies allow. */
export function logLatencyOf({ value, low, high }: Estimate, n: number): Estimate {
  if (low === null || high === null || n <= 0) return { value, low, high };
  const half = (1.96 * LEAST_LOG_SPREAD) / Math.sqrt(n);
  return { value, low: Math.min(low, value - half), high: Math.max(high, value + half) };
}
