/** How many quantile bins a numeric feature has, at most: ties and constants give fewer. */
export const NUMERIC_BINS = 32;
/** Uniform bins of a score over [0, 1]. */
export const SCORE_BINS = 100;

/**
 * Bins are lower-inclusive: value v falls into bin i when edges[i-1] <= v < edges[i]; below edges[0] is bin 0,
 * from the last edge on is the last bin. `edges` has one entry fewer than there are bins.
 */
export interface NumericReference {
  readonly kind: 'numeric';
  readonly name: string;
  readonly unit?: string;
  readonly edges: readonly number[];
  /** Reference rows per bin, `edges.length + 1` of them. */
  readonly counts: readonly number[];
  readonly missing: number;
  /** Smallest and largest value seen: outside is counted as `below` or `above`, besides its bin. */
  readonly min: number;
  readonly max: number;
  /** Quantiles used to clip and scale value-space Wasserstein: 0.1 %, 25 %, 50 %, 75 %, 99.9 %. */
  readonly quantiles: readonly [number, number, number, number, number];
}

export interface CategoricalReference {
  readonly kind: 'categorical';
  readonly name: string;
  readonly vocabulary: readonly string[];
  /** Reference rows per vocabulary entry, then of all others. */
  readonly counts: readonly number[];
  readonly missing: number;
}

export type FeatureReference = NumericReference | CategoricalReference;

/** What a classifier answered on the reference rows. */
export interface OutputReference {
  readonly labels: readonly string[];
  /** Predicted label counts, in the order of `labels`. */
  readonly labelCounts: readonly number[];
  /** Top-1 score in SCORE_BINS uniform bins over [0, 1]. */
  readonly scoreCounts: readonly number[];
  /** Where the reference rows had labels: how likely an answer is right, by top-1 score. What accuracy is estimated with when no truth comes. */
  readonly calibration?: Calibration;
}

export interface Calibration {
  /** P(correct | score bin), SCORE_BINS of them. */
  readonly probabilities: readonly number[];
  /** Of the labelled rows it was fitted on. */
  readonly rows: number;
  /** Rows without a truth, or with a feature missing. Absent in releases that did not count them. */
  readonly leftOut?: number;
  readonly accuracy: number;
}

/** The distribution drift is measured against; travels with the model, so that a device only counts. */
export interface ReferenceProfile {
  readonly schema: 'perigee-reference/1';
  readonly rows: number;
  readonly features: readonly FeatureReference[];
  readonly output?: OutputReference;
  /** Of a model that answers with one number: what it answered on the reference rows. */
  readonly value?: NumericReference;
}
