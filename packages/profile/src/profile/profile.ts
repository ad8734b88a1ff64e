/** What a profile is about. Two profiles are added only when all of this is equal. */
export interface ProfileKey {
  readonly model: string;
  readonly version: string;
  /** First 16 hex digits of the SHA-256 of the reference profile's bytes; '' when the model has none. */
  readonly reference: string;
  /** Where kernels ran: 'wasm', 'webgpu', 'native', … */
  readonly backend: string;
  /** What runs the SDK, without a version: 'chromium', 'firefox', 'webkit', 'node', 'deno', 'bun', 'other'. */
  readonly browser: string;
  /** One of the words the model's manifest declares; '' for none. */
  readonly segment: string;
  /** k: only one device in 2^k sends, so each of these counts stands for 2^k. 0 when all send. */
  readonly sampling: number;
  /** ε in tenths when what is counted was randomised on the device, 0 when it is exact. */
  readonly privacy: number;
  /** 0–15, stable per device: the statistical unit for the group jackknife, and no identity. */
  readonly group: number;
  /** UTC hour the observations were made in: floor(epoch ms / 3,600,000). */
  readonly hour: number;
}

/** Stages of one prediction, and loading; each has a histogram of LATENCY_BUCKETS log buckets. */
export const STAGES = ['load', 'queue', 'preprocess', 'inference', 'postprocess', 'total'] as const;
export type Stage = (typeof STAGES)[number];

/** A session is one opening of a model: the unit whose failures are independent of each other, as those of single predictions are not. */
export interface SessionCounts {
  readonly started: number;
  /** With at least one fallback to another backend. */
  readonly degraded: number;
  /** With at least one error. */
  readonly failed: number;
}

/** Trials of the golden samples on devices. */
export interface GoldenCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * What feedback on numeric predictions adds up to, in fixed point so that sums are exact: an error e = predicted − true is taken as the whole
 * number round(256 e / range), range being the reference's max − min, and clipped to ±4,096; truths are taken as round(256 (t − min) / range).
 */
export interface RegressionSums {
  readonly count: number;
  /** Σ of the errors above zero, and of those below without their sign. */
  readonly over: number;
  readonly under: number;
  readonly squaredError: number;
  /** Σ t and Σ t². */
  readonly truth: number;
  readonly truthSquared: number;
}

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
  /**
   * Device-hours: a device that counted a version in two hours is two. The first profile that a device sends of a version and hour has 1, its
   * later ones have 0, whatever their backend or segment. A part of a version's counts may therefore have fewer than it really has, never more.
   */
  readonly devices: number;
  /** Device-hours with a failed session, counted in the same way: 1 in the first profile with one. */
  readonly failedDevices: number;
  readonly predictions: number;
  readonly sessions: SessionCounts;
  readonly golden: GoldenCounts;
  readonly features: readonly FeatureCounts[];
  /** Predicted labels, in the reference's order; empty without output reference. */
  readonly labels: Float64Array;
  /** SCORE_BINS counts of the top-1 score; empty without output reference. */
  readonly scores: Float64Array;
  /** Predicted numbers in the bins of the reference's `value`; empty without it. */
  readonly values: Float64Array;
  /** One histogram of LATENCY_BUCKETS a stage, in the order of STAGES. */
  readonly latency: readonly Float64Array[];
  /** Error codes → occurrences; at most 20 codes, the rest under 'OTHER'. */
  readonly errors: Readonly<Record<string, number>>;
  readonly fallbacks: number;
  /** Ground truth by feedback: cell predicted label index × labels + true label index → how often. Cells without a count are absent. */
  readonly confusion: ReadonlyMap<number, number>;
  readonly regression: RegressionSums;
}
