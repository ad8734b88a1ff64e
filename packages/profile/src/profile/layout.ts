import { MAX_BINS, MAX_FEATURES, MAX_LABELS } from '../limits.ts';
import { confusionCells } from '../parts/confusion.ts';
import { count, largeSum } from '../parts/count.ts';
import { errorCodes } from '../parts/error-codes.ts';
import { fixedHistogram, histogram } from '../parts/histogram.ts';
import { fixedList, list } from '../parts/list.ts';
import { since, whenCounted } from '../parts/optional.ts';
import type { Part, PartsOf } from '../parts/part.ts';
import { struct } from '../parts/struct.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import type { ProfileKey } from './key.ts';
import { LATENCY_BUCKETS } from './latency.ts';

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
 * reference's max − min. A true value t counts as round(256 (t − min) / range).
 */
export interface RegressionSums {
  readonly count: number;
  /** `over` is Σ of the errors above zero, `under` is Σ of the absolute errors below zero. */
  readonly over: number;
  readonly under: number;
  readonly squaredError: number;
  /** Σ t and Σ t² of the ground truths. Stored profiles and exports have these names. */
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

/** The counts of a profile. Every count is a non-negative safe integer. */
export interface ProfileCounts {
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

/**
 * Counts of one model version on one backend in one hour. Merging is addition: exact, commutative,
 * associative.
 */
export interface Profile extends ProfileCounts {
  readonly key: ProfileKey;
}

/** Version of the encoding. Add one when a field is added, and wrap the field's part in since(). */
export const FORMAT = 3;
/** Earlier versions of the SDK write this format. */
export const OLDEST_FORMAT = 2;

/** Also the order of a feature's counts. */
export const FEATURE: PartsOf<FeatureCounts> = {
  bins: histogram('a feature', MAX_BINS),
  missing: count,
  invalid: count,
  below: count,
  above: count,
};

export const SESSIONS = struct<SessionCounts>({ started: count, degraded: count, failed: count });
export const GOLDEN = struct<GoldenCounts>({ passed: count, failed: count });

/**
 * The fields of a profile, in the order of the encoding. Everything that treats all counts alike
 * loops over this table: the codec, sums, copies, scaled profiles and sizes.
 */
export const FIELDS: PartsOf<ProfileCounts> = {
  devices: count,
  predictions: count,
  fallbacks: count,
  sessions: SESSIONS,
  golden: GOLDEN,
  features: list('features', MAX_FEATURES, struct(FEATURE)),
  labels: histogram('labels', MAX_LABELS),
  scores: histogram('scores', SCORE_BINS),
  values: histogram('values', MAX_BINS),
  latency: fixedList(
    'latency',
    STAGES.length,
    fixedHistogram('a latency histogram', LATENCY_BUCKETS),
  ),
  confusion: confusionCells(({ labels }: ProfileCounts) => labels.length ** 2),
  regression: whenCounted({
    over: largeSum,
    under: largeSum,
    squaredError: largeSum,
    truth: largeSum,
    truthSquared: largeSum,
  }),
  errors: errorCodes,
  // In format 2, each failed session may be of another device.
  failedDevices: since(3, count, ({ devices, sessions }: ProfileCounts) =>
    Math.min(devices, sessions.failed),
  ),
};

export const COUNTS: Part<ProfileCounts> = struct(FIELDS);
