/** Identifies what a profile counts. Two profiles merge only if all fields are equal. */
export interface ProfileKey {
  readonly model: string;
  readonly version: string;
  /**
   * First 16 hex digits of the SHA-256 of the reference profile's bytes; '' when the model has
   * none.
   */
  readonly reference: string;
  /** The backend that ran the kernels: 'wasm', 'webgpu', 'native', … */
  readonly backend: string;
  /**
   * The browser or runtime, without a version: 'chromium', 'firefox', 'webkit', 'node', 'deno',
   * 'bun', 'other'.
   */
  readonly browser: string;
  /** One of the words that the model's manifest declares; '' for none. */
  readonly segment: string;
  /** k: only one device in 2^k sends, so that each count stands for 2^k. 0 if all devices send. */
  readonly sampling: number;
  /** ε in tenths if the counts were randomised on the device; 0 if they are exact. */
  readonly privacy: number;
  /**
   * 0–15, stable per device. The statistical unit of the group jackknife; it does not identify a
   * device.
   */
  readonly group: number;
  /** UTC hour of the observations: floor(epoch ms / 3,600,000). */
  readonly hour: number;
}

/**
 * Loading, and the stages of one prediction. Each has a histogram of LATENCY_BUCKETS logarithmic
 * buckets.
 */
export const STAGES = ['load', 'queue', 'preprocess', 'inference', 'postprocess', 'total'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Sessions by outcome. A session is one opening of a model. Failures of different sessions are
 * independent; failures of single predictions are not.
 */
export interface SessionCounts {
  readonly started: number;
  /** Sessions with at least one fallback to another backend. */
  readonly degraded: number;
  /** Sessions with at least one error. */
  readonly failed: number;
}

/** Trials of the golden samples on devices. */
export interface GoldenCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Sums of the feedback on numeric predictions, in fixed point so that they are exact. An error e =
 * predicted − true counts as the whole number round(256 e / range), clipped to ±4,096; range is the
 * reference's max − min. A truth t counts as round(256 (t − min) / range).
 */
export interface RegressionSums {
  readonly count: number;
  /** `over` is Σ of the errors above zero, `under` is Σ of the absolute errors below zero. */
  readonly over: number;
  readonly under: number;
  readonly squaredError: number;
  /** Σ t and Σ t². */
  readonly truth: number;
  readonly truthSquared: number;
}

/** Counters of one feature, in the reference profile's order. */
export interface FeatureCounts {
  /**
   * One count per bin of the reference (numeric), or per vocabulary entry and one for all other
   * words (categorical).
   */
  readonly bins: Float64Array;
  readonly missing: number;
  /**
   * Numeric features only. `invalid`: not a finite number. `below`, `above`: outside the
   * reference's min and max by more than float32 rounding.
   */
  readonly invalid: number;
  readonly below: number;
  readonly above: number;
}

/**
 * Counts of one model version on one backend in one hour. Every count is a non-negative safe
 * integer. Merging is addition: exact, commutative, associative.
 */
export interface Profile {
  readonly key: ProfileKey;
  /**
   * Device-hours: a device that counted a version in two hours counts twice. The first profile that
   * a device sends of a version and hour has 1. Its later profiles have 0, whatever their backend
   * or segment. A subset of a version's counts may therefore show fewer devices than it has, never
   * more.
   */
  readonly devices: number;
  /** Device-hours with a failed session: 1 in a device's first such profile of the hour, then 0. */
  readonly failedDevices: number;
  readonly predictions: number;
  readonly sessions: SessionCounts;
  readonly golden: GoldenCounts;
  readonly features: readonly FeatureCounts[];
  /** Counts of predicted labels, in the reference's order; empty without output reference. */
  readonly labels: Float64Array;
  /** Counts of the top-1 score in SCORE_BINS bins; empty without output reference. */
  readonly scores: Float64Array;
  /** Counts of predicted numbers, in the bins of the reference's `value`; empty without it. */
  readonly values: Float64Array;
  /** One histogram of LATENCY_BUCKETS per stage, in the order of STAGES. */
  readonly latency: readonly Float64Array[];
  /** Error code → count; at most 20 codes, the rest under 'OTHER'. */
  readonly errors: Readonly<Record<string, number>>;
  readonly fallbacks: number;
  /**
   * Feedback on labels: cell → count, where the cell is predicted label index × labels + true label
   * index. Cells without a count are absent.
   */
  readonly confusion: ReadonlyMap<number, number>;
  readonly regression: RegressionSums;
}
