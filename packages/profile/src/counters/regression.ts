import { NO_REGRESSION } from '../profile/empty.ts';
import type { RegressionSums } from '../profile/profile.ts';
import type { NumericReference } from '../reference/reference-profile.ts';

/** Whole numbers to the range of the reference. */
export const STEPS_PER_RANGE = 256;
const MAX_STEPS = 16 * STEPS_PER_RANGE;

export interface RegressionCounter {
  /** False for what is not counted: no reference, or numbers that are none. */
  observe(predicted: number, truth: number): boolean;
  take(): RegressionSums;
}

/** Errors in whole steps of a 256th of the reference's range, so that their sums are exact in any order. */
export function createRegressionCounter(reference: NumericReference | undefined): RegressionCounter {
  const step = reference ? stepOf(reference) : 0;
  let sums = { ...NO_REGRESSION };
  return {
    observe(predicted, truth) {
      if (!reference || !(step > 0) || !Number.isFinite(predicted) || !Number.isFinite(truth)) return false;
      const error = clipped((predicted - truth) / step);
      const level = Math.max(0, clipped((truth - reference.min) / step));
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
      sums = { ...NO_REGRESSION };
      return taken;
    },
  };
}

/** What one step is in the model's own unit; 0 for a reference without range. */
export function stepOf({ min, max }: NumericReference): number {
  return (max - min) / STEPS_PER_RANGE;
}

function clipped(steps: number): number {
  return Math.min(MAX_STEPS, Math.max(-MAX_STEPS, Math.round(steps)));
}
