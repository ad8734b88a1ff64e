/**
 * GET /v1/models/:name/retraining: input for a training job. Times are ISO 8601 in UTC, the window
 * is half-open, shares and rates are 0 to 1. New fields may be added; within /1, existing fields
 * keep their meaning.
 */
export interface RetrainingFile {
  readonly schema: 'perigee-retraining/1';
  readonly model: string;
  readonly version: string;
  /** First 16 hex digits of the reference's SHA-256. */
  readonly reference: string;
  readonly referenceRows: number;
  readonly from: string;
  readonly to: string;
  readonly maxWeight: number;
  /** Predictions of devices that randomise their counts. None of the numbers below include them. */
  readonly randomisedPredictions: number;
  /** All devices first, then one entry per segment if there are segments. */
  readonly populations: readonly Population[];
}

export interface Population {
  /** Null: all devices. '': devices without a segment. */
  readonly segment: string | null;
  /** Raw count, not scaled up for sampling. */
  readonly predictions: number;
  /** Number of profiles (a device adds one per hour and backend), not of distinct devices. */
  readonly devices: number;
  /** `predictions` and `devices` scaled up for sampling. */
  readonly estimatedPredictions: number;
  readonly estimatedDevices: number;
  /** Features whose verdict is `drift`, the most severe first. */
  readonly moved: readonly string[];
  /** All features, the most severe first. */
  readonly features: readonly ShiftedFeature[];
  /** Null when the reference has no labels. */
  readonly labels:
    | (Verdict & {
        readonly shares: readonly {
          readonly label: string;
          readonly expected: number;
          readonly seen: number;
        }[];
      })
    | null;
  /** Computed from feedback; null without feedback. */
  readonly accuracy: AccuracyByFeedback | null;
}

interface Verdict {
  readonly verdict: 'drift' | 'unsure' | 'stable' | 'too-little-data';
  readonly observations: number;
  readonly method: 'wasserstein' | 'total-variation';
  /** Drift is `score − noiseFloor ≥ threshold`. */
  readonly score: number;
  readonly threshold: number;
  readonly noiseFloor: number;
}

export interface ShiftedFeature extends Verdict {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  readonly unit?: string;
  /**
   * Means computed from bin midpoints, in the feature's unit; null for categories and without
   * observations.
   */
  readonly shift: {
    readonly direction: 'up' | 'down' | 'none';
    readonly referenceMean: number;
    readonly currentMean: number;
  } | null;
  /** Rates are shares of all observations, including missing and invalid ones. */
  readonly missing: { readonly reference: number; readonly current: number };
  readonly invalid: number;
  readonly outOfRange: number;
  /** Share of words outside the reference's vocabulary; null for numbers. */
  readonly other: { readonly reference: number; readonly current: number } | null;
  /**
   * `weight`: how often a reference row in this bin should count, as current share ÷ reference
   * share, at most `maxWeight`. A numeric bin holds lower <= v < upper; null means unbounded.
   */
  readonly bins: readonly {
    readonly label: string;
    readonly lower: number | null;
    readonly upper: number | null;
    readonly reference: number;
    readonly current: number;
    readonly weight: number;
  }[];
}

/**
 * Computed from predictions with feedback. `expected`: accuracy on the reference rows, null if
 * unknown. An error is predicted − true, in the model's unit.
 */
export type AccuracyByFeedback =
  | {
      readonly kind: 'labels';
      readonly labelled: number;
      readonly correct: number;
      readonly accuracy: number;
      readonly expected: number | null;
      readonly byTrueLabel: readonly {
        readonly label: string;
        readonly labelled: number;
        readonly correct: number;
      }[];
    }
  | {
      readonly kind: 'number';
      readonly labelled: number;
      readonly meanError: number;
      readonly meanAbsoluteError: number;
      readonly rootMeanSquaredError: number;
    };
