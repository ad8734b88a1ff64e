import type { FeatureCounts } from '../profile/layout.ts';
import { binOf } from '../reference/bins.ts';
import { trainingRange } from '../reference/outside-training.ts';
import type { NumericReference } from '../reference/reference-profile.ts';

/**
 * The numbers at which a value begins to count differently, in ascending order: the edges of the
 * bins, the ends of the training data's range, and those of the finite numbers.
 */
export function thresholdsOf(feature: NumericReference): Float64Array {
  const [min, max] = trainingRange(feature);
  return Float64Array.of(-Number.MAX_VALUE, min, ...feature.edges, nextAbove(max), Infinity).sort();
}

/**
 * Adds up what the values of a feature count as.
 * @param slots how many values had no, one, two, … thresholds at or below them
 */
export function countsOfSlots(
  feature: NumericReference,
  thresholds: Float64Array,
  slots: Uint32Array,
): Omit<FeatureCounts, 'missing'> {
  const bins = new Float64Array(feature.edges.length + 1);
  const [min, max] = trainingRange(feature);
  let [invalid, below, above] = [0, 0, 0];
  for (const [slot, count] of slots.entries()) {
    // A slot's values count like its smallest. The first slot has NaN and -infinity.
    const value = thresholds[slot - 1] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      invalid += count;
      continue;
    }
    const bin = binOf(feature.edges, value);
    bins[bin] = (bins[bin] ?? 0) + count;
    if (value < min) below += count;
    else if (value > max) above += count;
  }
  return { bins, invalid, below, above };
}

/** The smallest float64 above a number. */
function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (!Number.isFinite(value)) return value;
  const float = Float64Array.of(value);
  const bits = new BigInt64Array(float.buffer);
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return float[0] ?? value;
}
