/** Answers of the routes on drift and on the quality of predictions. Types only. */
import type { Estimate, Shortfall } from './api.ts';

/**
 * GET /v1/models/:name/drift?against= with one of: `reference` (default), `previous` (the window of
 * the same length before this one), `week-before` (the same hours a week earlier), or a version
 * number.
 */
export interface DriftAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  readonly reference: string;
  /** The baseline of the comparison. */
  readonly against:
    | { readonly kind: 'reference' }
    | { readonly kind: 'previous' | 'week-before'; readonly from: string; readonly to: string }
    | { readonly kind: 'version'; readonly version: string };
  readonly predictions: number;
  readonly devices: number;
  /**
   * Number of device groups seen, 16 at most. Intervals and tests treat groups as the independent
   * unit. With fewer than 4 groups, they treat predictions as independent.
   */
  readonly groups: number;
  /** Sorted by (score − noise floor) ÷ threshold, largest first. */
  readonly features: readonly FeatureDrift[];
  /**
   * Predicted labels and scores, or predicted numbers, compared with the reference. Empty when the
   * reference does not describe outputs.
   */
  readonly outputs: readonly FeatureDrift[];
  /** The rules on the quality of inputs, as alerts apply them. Always against the reference. */
  readonly quality: readonly QualityCheck[];
}

/** A rule on the quality of one feature. `threshold`: the share of values that is a problem. */
export interface QualityCheck {
  readonly feature: string;
  readonly rule: 'missing-values' | 'new-category' | 'out-of-range';
  /** Share of such values now; null where no value was counted. Invalid values are missing. */
  readonly value: Estimate | null;
  /** The share in the reference. */
  readonly usual: number;
  readonly threshold: number;
  /** `unsure`: the share exceeds its threshold, but its interval does not. */
  readonly verdict: 'problem' | 'unsure' | 'fine' | 'too-little-data';
  /** The counts that a verdict still needs; null with one. */
  readonly shortfall: Shortfall | null;
}

/** `unsure`: the score exceeds its threshold, but the excess is not statistically significant. */
export type DriftVerdict = 'drift' | 'unsure' | 'stable' | 'too-little-data';

export interface FeatureDrift {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  readonly observations: number;
  /** Effective sample size: the number of independent observations with the same information. */
  readonly effectiveN: number;
  readonly verdict: DriftVerdict;
  /** The counts that a verdict still needs, with `too-little-data`; else null. */
  readonly shortfall: Shortfall | null;
  /**
   * The score that decides the verdict, with its interval. `noiseFloor`: its expected value without
   * drift, at this sample size.
   */
  readonly primary: {
    readonly method: 'wasserstein' | 'total-variation';
    readonly score: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly threshold: number;
    readonly noiseFloor: number;
  };
  /**
   * p-value of the hypothesis "no drift", corrected for clustering by device (Rao–Scott).
   * `adjustedPValue` is also corrected for the number of features (Benjamini–Hochberg).
   */
  readonly pValue: number;
  readonly adjustedPValue: number;
  readonly scores: {
    readonly psi: number;
    /** PSI minus its noise floor. */
    readonly psiAdjusted: number;
    readonly jensenShannon: number;
    readonly hellinger: number;
    readonly totalVariation: number;
    /**
     * Bounds of the Kolmogorov–Smirnov statistic. Binned data does not determine its exact value.
     */
    readonly kolmogorovSmirnov: { readonly low: number; readonly high: number };
    readonly wasserstein: number | null;
    readonly chiSquare: {
      readonly statistic: number;
      readonly degreesOfFreedom: number;
      readonly pValue: number;
    };
  };
  readonly quality: {
    readonly missingRate: number;
    readonly referenceMissingRate: number;
    readonly invalidRate: number;
    readonly outOfRangeRate: number;
    readonly otherRate: number;
    readonly referenceOtherRate: number;
  };
  /**
   * Share of each bin in the baseline and in the window; each column sums to 1. `label` is for
   * display.
   */
  readonly bins: readonly {
    readonly label: string;
    readonly reference: number;
    readonly current: number;
  }[];
}

/**
 * GET /v1/models/:name/drift-history?version= : each step is evaluated like a window of GET
 * /v1/models/:name/drift. `ratios` holds (score − noise floor) ÷ threshold. Ratio and verdict are
 * null where too little was counted.
 */
export interface DriftHistoryAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  /** Start of each step. `stepHours` is the length of each. */
  readonly steps: readonly string[];
  readonly stepHours: number;
  readonly features: readonly {
    readonly name: string;
    readonly ratios: readonly (number | null)[];
    readonly verdicts: readonly (DriftVerdict | null)[];
  }[];
}

/**
 * GET /v1/models/:name/performance?by= with `segment`, `backend` or `browser` to choose the slices.
 */
export interface PerformanceAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  /** Computed from feedback; null without feedback. */
  readonly measured: ClassificationReport | RegressionReport | null;
  /**
   * Number of device groups excluded from `measured` because their sums exceed the range of exact
   * integers. Such sums are forged or corrupt.
   */
  readonly leftOutGroups: number;
  /**
   * Estimated from confidence without feedback; null if the reference has no calibration. Valid
   * only while equal inputs have equal true answers and inputs resemble the calibration data.
   * `drifted` names the features that do not (verdict `drift` or `unsure`), `unjudged` those of
   * which too little was counted to say.
   */
  readonly estimated: {
    readonly accuracy: Estimate;
    readonly referenceAccuracy: number;
    readonly count: number;
    /**
     * Log loss: the mean of −ln(probability of the true label), with a lower bound. `value` is null
     * for more than two labels.
     */
    readonly logLoss: { readonly value: number | null; readonly atLeast: number };
    /**
     * Probability that a correct answer has a higher score than a wrong one; null when all answers
     * are expected to be correct, or all wrong.
     */
    readonly confidenceAuc: number | null;
    readonly drifted: readonly string[];
    readonly unjudged: readonly string[];
  } | null;
  readonly slices: readonly {
    readonly name: string;
    readonly count: number;
    readonly accuracy: Estimate | null;
    readonly rmse: Estimate | null;
    readonly estimatedAccuracy: Estimate | null;
  }[];
  readonly timeline: readonly {
    readonly hour: string;
    readonly measured: number | null;
    readonly estimated: number | null;
    readonly labelled: number;
  }[];
}

export interface ClassificationReport {
  readonly kind: 'classification';
  readonly count: number;
  readonly accuracy: Estimate;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Mean of the recall of each label, so that frequent labels do not dominate. */
  readonly balancedAccuracy: Estimate;
  /**
   * Matthews correlation coefficient; null when all predictions, or all true labels, are the same.
   */
  readonly mcc: number | null;
  readonly labels: readonly LabelReport[];
  /** Rows: predicted label; columns: true label. Null for more than 30 labels. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/** One label against all others. A metric is null when its denominator is 0. */
export interface LabelReport {
  readonly label: string;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly specificity: number | null;
  /**
   * Area under the ROC curve. Scores are not counted by true label, so only one point of the curve
   * is known: `low` and `high` bound the area, `estimate` is its estimate from that point.
   */
  readonly auc: { readonly estimate: number; readonly low: number; readonly high: number } | null;
  readonly support: number;
}

export interface RegressionReport {
  readonly kind: 'regression';
  readonly count: number;
  readonly unit: string | null;
  readonly bias: number;
  readonly mae: number;
  readonly mse: number;
  readonly rmse: Estimate;
  readonly r2: number | null;
}
