/**
 * GET /v1/models/:name/retraining: what a training job is handed. Times are ISO 8601 in UTC, the window half-open; shares and rates 0 to 1.
 * New fields may come; what is here keeps its meaning within /1.
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
  /** Predictions of devices that randomise what they count; in none of the numbers below. */
  readonly randomisedPredictions: number;
  /** All devices first, then each segment on its own when there are any. */
  readonly populations: readonly Population[];
}

export interface Population {
  /** Null: all. '': devices that name none. */
  readonly segment: string | null;
  /** As counted. */
  readonly predictions: number;
  /** Profiles: a device adds one an hour and backend. Not unique devices. */
  readonly devices: number;
  /** The same, each count multiplied by what it stands for where devices were sampled. */
  readonly estimatedPredictions: number;
  readonly estimatedDevices: number;
  /** Features whose verdict is `drift`, the most severe first. */
  readonly moved: readonly string[];
  /** All features, the most severe first. */
  readonly features: readonly ShiftedFeature[];
  /** Null when the reference has no labels. */
  readonly labels: (Verdict & { readonly shares: readonly { readonly label: string; readonly expected: number; readonly seen: number }[] }) | null;
  /** Null without feedback. */
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
  /** Means of bin mid-points, in the feature's unit; null for words and without observations. */
  readonly shift: { readonly direction: 'up' | 'down' | 'none'; readonly referenceMean: number; readonly currentMean: number } | null;
  /** Rates of all observations, the missing and invalid ones among them. */
  readonly missing: { readonly reference: number; readonly current: number };
  readonly invalid: number;
  readonly outOfRange: number;
  /** Words the reference's vocabulary lacks; null for numbers. */
  readonly other: { readonly reference: number; readonly current: number } | null;
  /** `weight`: how often a reference row of this bin should count, current ÷ reference share, at most `maxWeight`. Numbers: lower <= v < upper, null is open. */
  readonly bins: readonly { readonly label: string; readonly lower: number | null; readonly upper: number | null; readonly reference: number; readonly current: number; readonly weight: number }[];
}

/** By predictions whose truth the app told. `expected`: accuracy on the reference rows, null when it is not known. Errors are predicted − true, in the model's unit. */
export type AccuracyByFeedback =
  | {
    readonly kind: 'labels'; readonly labelled: number; readonly correct: number; readonly accuracy: number; readonly expected: number | null;
    readonly byTrueLabel: readonly { readonly label: string; readonly labelled: number; readonly correct: number }[];
  }
  | { readonly kind: 'number'; readonly labelled: number; readonly meanError: number; readonly meanAbsoluteError: number; readonly rootMeanSquaredError: number };
