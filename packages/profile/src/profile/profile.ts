/** What a profile is about. Two profiles are added only when all of this is equal. */
export interface ProfileKey {
  readonly model: string;
  readonly version: string;
  /** First 16 hex digits of the SHA-256 of the reference profile's bytes; '' when the model has none. */
  readonly reference: string;
  /** Where kernels ran: 'wasm', 'webgpu', 'native', … */
  readonly backend: string;
  /** 0–15, stable per device: the statistical unit for the group jackknife, and no identity. */
  readonly group: number;
  /** UTC hour the observations were made in: floor(epoch ms / 3,600,000). */
  readonly hour: number;
}

/** Stages of one prediction, and loading; each has a histogram of LATENCY_BUCKETS log buckets. */
export const STAGES = ['load', 'queue', 'preprocess', 'inference', 'postprocess', 'total'] as const;
export type Stage = (typeof STAGES)[number];

/** Counters of one feature, in the reference profile's order. */
export interface FeatureCounts {
  /** As many as the reference has bins (numeric) or vocabulary entries + 1 for all others (categorical). */
  readonly bins: Float64Array;
  readonly missing: number;
  /** Numeric only: no finite number; smaller than the reference's min; larger than its max (by more than float32 rounds). */
  readonly invalid: number;
  readonly below: number;
  readonly above: number;
}

/**
 * Counters of one model version on one backend over one hour. Every count is a non-negative safe integer and
 * merging is addition: exact, commutative, associative.
 */
export interface Profile {
  readonly key: ProfileKey;
  /** Devices that contributed; 1 as a device sends it, a sum after merging (device-windows, not unique devices). */
  readonly devices: number;
  readonly predictions: number;
  readonly features: readonly FeatureCounts[];
  /** Predicted labels, in the reference's order; empty without output reference. */
  readonly labels: Float64Array;
  /** SCORE_BINS counts of the top-1 score; empty without output reference. */
  readonly scores: Float64Array;
  /** One histogram of LATENCY_BUCKETS a stage, in the order of STAGES. */
  readonly latency: readonly Float64Array[];
  /** Error codes → occurrences; at most 20 codes, the rest under 'OTHER'. */
  readonly errors: Readonly<Record<string, number>>;
  readonly fallbacks: number;
  /** Ground truth by feedback: row = predicted label index, column = true label index, row-major, labels² cells; empty without labels. */
  readonly confusion: Float64Array;
}
