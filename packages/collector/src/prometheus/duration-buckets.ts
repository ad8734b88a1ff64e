import { LATENCY_BUCKETS } from '@perigee/profile';

/**
 * Devices count durations in 96 buckets, 4 per octave from 2^-6 ms up. Prometheus buckets combine
 * whole octaves, so the counts stay exact.
 */
const PER_OCTAVE = 4;
const MIN_EXPONENT = -6;
/** 2^-2 = 0.25 ms to 2^15 = 32.8 s. */
const EXPONENTS = Array.from({ length: 18 }, (_, i) => i - 2);

/** Upper bounds in seconds; the last is infinite. */
export const DURATION_BOUNDS: readonly number[] = [
  ...EXPONENTS.map((exponent) => 2 ** exponent / 1_000),
  Number.POSITIVE_INFINITY,
];

/**
 * Counts at or below each bound of DURATION_BOUNDS. @param histogram counts in LATENCY_BUCKETS
 * logarithmic buckets
 */
export function cumulativeCounts(histogram: ArrayLike<number>): number[] {
  const ends = [
    ...EXPONENTS.map((exponent) => (exponent - MIN_EXPONENT) * PER_OCTAVE),
    LATENCY_BUCKETS,
  ];
  let from = 0;
  let count = 0;
  return ends.map((end) => {
    for (; from < end; from += 1) count += histogram[from] ?? 0;
    return count;
  });
}

/**
 * Estimated sum of durations in seconds, taking each duration as the middle of its bucket. The
 * error is at most a factor of 2^(1/8), or 9 %.
 */
export function estimatedSum(histogram: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < histogram.length; i += 1)
    sum += (histogram[i] ?? 0) * 2 ** (MIN_EXPONENT + (i + 0.5) / PER_OCTAVE);
  return sum / 1_000;
}
