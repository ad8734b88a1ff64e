/** Largest number of quantile bins of a numeric feature. Ties and constants give fewer. */
export const NUMERIC_BINS = 32;
/** Uniform bins of a score over [0, 1]. */
export const SCORE_BINS = 100;

/**
 * A numeric feature. Bins are lower-inclusive: value v is in bin i if edges[i-1] <= v < edges[i].
 * Values below edges[0] are in bin 0, values from the last edge on in the last bin. `edges` has one
 * entry fewer than there are bins.
 */
export interface NumericReference {
  readonly kind: 'numeric';
  readonly name: string;
  readonly unit?: string;
  readonly edges: readonly number[];
  /** Reference rows per bin; it has `edges.length + 1` entries. */
  readonly counts: readonly number[];
  readonly missing: number;
  /**
   * Smallest and largest value. Values outside count as `below` or `above` in addition to their
   * bin.
   */
  readonly min: number;
  readonly max: number;
  /** Quantiles that clip and scale value-space Wasserstein: 0.1 %, 25 %, 50 %, 75 %, 99.9 %. */
  readonly quantiles: readonly [number, number, number, number, number];
}

export interface CategoricalReference {
  readonly kind: 'categorical';
  readonly name: string;
  readonly vocabulary: readonly string[];
  /** Reference rows per vocabulary entry; the last count is of all other words. */
  readonly counts: readonly number[];
  readonly missing: number;
}

export type FeatureReference = NumericReference | CategoricalReference;

/** Predictions of a classifier on the reference rows. */
export interface OutputReference {
  readonly labels: readonly string[];
  /** Predicted label counts, in the order of `labels`. */
  readonly labelCounts: readonly number[];
  /** Top-1 score in SCORE_BINS uniform bins over [0, 1]. */
  readonly scoreCounts: readonly number[];
  /**
   * Probability that a prediction is right, by top-1 score; present if the reference rows had
   * labels. Accuracy is estimated from it when there is no feedback.
   */
  readonly calibration?: Calibration;
}

export interface Calibration {
  /** P(correct | score bin), for SCORE_BINS bins. */
  readonly probabilities: readonly number[];
  /**
   * Number of labelled rows that it was fitted on. `accuracy` is the share of them that is correct.
   */
  readonly rows: number;
  /**
   * Rows without ground truth, or with a feature missing. Absent in releases that did not count
   * them.
   */
  readonly leftOut?: number;
  readonly accuracy: number;
}

/**
 * Reference distribution for drift. It is published with the model, so that a device only counts.
 */
export interface ReferenceProfile {
  readonly schema: 'perigee-reference/1';
  readonly rows: number;
  readonly features: readonly FeatureReference[];
  readonly output?: OutputReference;
  /** Predictions of a model with a single number on the reference rows. */
  readonly value?: NumericReference;
}
