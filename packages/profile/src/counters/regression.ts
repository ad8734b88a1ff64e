import { FIELDS } from '../profile/layout.ts';
import type { RegressionSums } from '../profile/layout.ts';
import type { NumericReference } from '../reference/reference-profile.ts';

/** Steps of fixed-point errors per range of the reference. */
export const STEPS_PER_RANGE = 256;
const MAX_STEPS = 16 * STEPS_PER_RANGE;

export interface RegressionCounter {
  /** Returns false if it counts nothing: without a reference, or for NaN and ±infinity. */
  observe(predicted: number, groundTruth: number): boolean;
  take(): RegressionSums;
}

/**
 * Counts errors in whole steps of 1/256 of the reference's range, so that their sums are exact in
 * any order.
 */
export function createRegressionCounter(
  reference: NumericReference | undefined,
): RegressionCounter {
  const step = reference ? stepOf(reference) : 0;
  let sums = FIELDS.regression.empty();
  return {
    observe(predicted, groundTruth) {
      if (!reference || !(step > 0) || !Number.isFinite(predicted) || !Number.isFinite(groundTruth))
        return false;
      const error = clipped((predicted - groundTruth) / step);
      const level = Math.max(0, clipped((groundTruth - reference.min) / step));
      sums = {
        count: sums.count + 1,
        over: sums.over + Math.max(0, error),
        under: sums.under + Math.max(0, -error),
        squaredError: sums.squaredError + error * error,
        truth: sums.truth + level,
        truthSquared: sums.truthSquared + level * level,
      };
      return true;
    },
    take() {
      const taken = sums;
      sums = FIELDS.regression.empty();
      return taken;
    },
  };
}

/**
 * Size of one step in the model's own unit; 0 for a reference without range.
 * @example
 * ```ts
 * const meanAbsoluteError = ((over + under) / count) * stepOf(reference.value);
 * ```
 */
export function stepOf({ min, max }: NumericReference): number {
  return (max - min) / STEPS_PER_RANGE;
}

function clipped(steps: number): number {
  return Math.min(MAX_STEPS, Math.max(-MAX_STEPS, Math.round(steps)));
}
