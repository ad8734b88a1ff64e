import type {
  CategoricalReference,
  FeatureReference,
  NumericReference,
} from './reference-profile.ts';

/** Largest relative rounding error of a float32. */
const FLOAT32_ROUNDING = 2 ** -24;

/** A feature whose value the training data did not have. */
export type OutsideTraining =
  | {
      /** The feature's name: of a row, or of a statistic of an image. */
      readonly feature: string;
      readonly value: number;
      /** The value is below the smallest or above the largest value of the training data. */
      readonly reason: 'below' | 'above';
      /** Smallest value of the training data. */
      readonly min: number;
      /** Largest value of the training data. */
      readonly max: number;
    }
  | {
      readonly feature: string;
      readonly value: string;
      /** The training data did not have this word. */
      readonly reason: 'new-word';
    };

type Value = number | string | null | undefined;

/**
 * Creates a check of one row of features, in the order of the reference. It returns the features
 * whose values are outside the training data. Missing values and numbers that are not finite are
 * not among them.
 */
export function createOutsideCheck(
  features: readonly FeatureReference[],
): (row: readonly Value[]) => readonly OutsideTraining[] {
  const checks = features.map((feature) =>
    feature.kind === 'numeric' ? checkNumber(feature) : checkWord(feature),
  );
  return (row) => {
    const found: OutsideTraining[] = [];
    for (const [index, check] of checks.entries()) {
      const outside = check(row[index]);
      if (outside) found.push(outside);
    }
    return found;
  };
}

/** The range of the training data, with room for values that were rounded to float32. */
export function trainingRange({ min, max }: NumericReference): readonly [min: number, max: number] {
  return [min - Math.abs(min) * FLOAT32_ROUNDING, max + Math.abs(max) * FLOAT32_ROUNDING];
}

function checkNumber(reference: NumericReference): (value: Value) => OutsideTraining | null {
  const { name: feature, min, max } = reference;
  const [low, high] = trainingRange(reference);
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return null;
    if (value >= low && value <= high) return null;
    return { feature, value, reason: value < low ? 'below' : 'above', min, max };
  };
}

function checkWord(reference: CategoricalReference): (value: Value) => OutsideTraining | null {
  const { name: feature, vocabulary, counts } = reference;
  const known = new Set(vocabulary);
  // The vocabulary has the most frequent words only. Where training had others, any word may be one.
  const hadOthers = (counts[vocabulary.length] ?? 0) > 0;
  return (given) => {
    if (given === null || given === undefined || hadOthers) return null;
    const value = String(given);
    return known.has(value) ? null : { feature, value, reason: 'new-word' };
  };
}
