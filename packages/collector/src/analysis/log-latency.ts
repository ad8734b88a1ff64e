import { LATENCY_BUCKETS } from '@perigee/profile';

/** Middle of bucket i, ln of milliseconds: 4 buckets an octave from 2^-6 ms. */
const LN_MIDDLE = Float64Array.from({ length: LATENCY_BUCKETS }, (_, i) => (-6 + (i + 0.5) / 4) * Math.LN2);

/** Mean of ln(ms): what a change of every duration by the same factor moves. NaN of none. */
export function meanLogLatency(histogram: ArrayLike<number>): number {
  let total = 0;
  let count = 0;
  for (let i = 0; i < histogram.length; i += 1) {
    total += (histogram[i] ?? 0) * (LN_MIDDLE[i] ?? 0);
    count += histogram[i] ?? 0;
  }
  return count === 0 ? Number.NaN : total / count;
}
