import { ProfileError } from '../error.ts';

/** Bounds of everything that is decoded together. */
export interface Bounds {
  /** Largest single count. */
  readonly maxCount: number;
  /** Largest sum of the feedback on numbers. Sums of squares are larger than any count. */
  readonly maxSum: number;
  /**
   * Takes `bins` from the bins that are left, and returns their number.
   * @throws ProfileError WRONG_CONTENT if fewer are left
   */
  take(bins: number): number;
  /** Returns the array of that many zeros, which all histograms without counts share. */
  zeros(length: number): Float64Array;
}

/**
 * Creates bounds for one profile or batch. Histograms that are all zero share one array per length,
 * so that a genuine month of them uses little memory. Such histograms still count against
 * `maxBins`, because adding them takes time for each bin.
 * @param maxBins total number of bins of all histograms
 */
export function createBounds({
  maxBins,
  maxCount,
  maxSum = maxCount,
}: {
  readonly maxBins: number;
  readonly maxCount: number;
  readonly maxSum?: number;
}): Bounds {
  const shared = new Map<number, Float64Array>();
  let left = maxBins;
  return {
    maxCount,
    maxSum,
    take(bins) {
      if (bins > left)
        throw new ProfileError('WRONG_CONTENT', `The upload has more than ${maxBins} bins.`);
      left -= bins;
      return bins;
    },
    zeros(length) {
      const known = shared.get(length) ?? new Float64Array(length);
      shared.set(length, known);
      return known;
    },
  };
}
