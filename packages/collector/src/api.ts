/**
 * Answers of the collector's HTTP API, shared by the routes and the dashboard.
 * Times are ISO 8601 in UTC; windows are half-open [from, to); durations in milliseconds.
 */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string };
}

/** POST /v1/profiles → 202 */
export interface AckAnswer {
  readonly ack: readonly string[];
  /** True when the batch was known already; it was counted once. */
  readonly duplicate: boolean;
}

/** GET /v1/models */
export interface ModelsAnswer {
  readonly models: readonly ModelSummary[];
}

export interface ModelSummary {
  readonly name: string;
  readonly versions: readonly VersionSummary[];
}

export interface VersionSummary {
  readonly version: string;
  readonly predictions: number;
  readonly errors: number;
  readonly fallbacks: number;
  /** Profiles added: a device sends one an hour and backend. */
  readonly profiles: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly backends: Readonly<Record<string, number>>;
  /** Labelled predictions and how many were right; null without feedback. */
  readonly labelled: { readonly count: number; readonly correct: number } | null;
  readonly hasReference: boolean;
}

/** GET /v1/models/:name/timeline?version=&from=&to= */
export interface TimelineAnswer {
  readonly model: string;
  readonly from: string;
  readonly to: string;
  /** One entry an hour that has data, by version. */
  readonly points: readonly {
    readonly hour: string;
    readonly version: string;
    readonly predictions: number;
    readonly errors: number;
  }[];
}

/** GET /v1/models/:name/latency?version=&from=&to= */
export interface LatencyAnswer {
  readonly model: string;
  readonly rows: readonly {
    readonly version: string;
    readonly backend: string;
    readonly stage: string;
    readonly count: number;
    readonly p50Ms: number;
    readonly p90Ms: number;
    readonly p99Ms: number;
  }[];
}

/** GET /v1/models/:name/drift?version=&from=&to= (from, to optional; default the last 24 h) */
export interface DriftAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  readonly reference: string;
  readonly predictions: number;
  /** Inputs first, sorted by primary score ÷ threshold, largest first. */
  readonly features: readonly FeatureDrift[];
  /** Predicted labels and scores against the reference; null when the reference has no output part. */
  readonly output: { readonly labels: FeatureDrift; readonly scores: FeatureDrift } | null;
}

export type DriftVerdict = 'drift' | 'stable' | 'too-little-data';

export interface FeatureDrift {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  readonly observations: number;
  readonly verdict: DriftVerdict;
  /** The score the verdict rests on, its threshold and its noise floor at this n. */
  readonly primary: { readonly method: 'wasserstein' | 'total-variation'; readonly score: number; readonly threshold: number; readonly noiseFloor: number };
  readonly scores: {
    readonly psi: number;
    readonly jensenShannon: number;
    readonly hellinger: number;
    readonly totalVariation: number;
    readonly kolmogorovSmirnov: number;
    readonly wasserstein: number | null;
    readonly chiSquare: { readonly statistic: number; readonly degreesOfFreedom: number; readonly pValue: number };
  };
  readonly quality: {
    readonly missingRate: number; readonly referenceMissingRate: number;
    readonly invalidRate: number; readonly outOfRangeRate: number; readonly otherRate: number;
  };
  /** Shares (summing to 1) per bin, the reference's and the current ones, with what to print under each. */
  readonly bins: readonly { readonly label: string; readonly reference: number; readonly current: number }[];
}
