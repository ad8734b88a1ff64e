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

/** POST /v1/labels → 202 */
export interface LabelsAnswer {
  readonly counted: number;
  /** Of predictions whose truth was told before; each counts once. */
  readonly known: number;
}

/** A number with its 95 % interval; both null where too few groups of devices were seen to tell. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Which part of the fleet a question is about: in the query of every route below, each optional. */
export interface SliceQuery {
  readonly version?: string;
  readonly backend?: string;
  readonly browser?: string;
  readonly segment?: string;
  /** ISO 8601; default the last 24 h. */
  readonly from?: string;
  readonly to?: string;
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
  /** Weighted: where one device in eight sends, each count stands for eight. */
  readonly predictions: number;
  readonly errors: number;
  readonly fallbacks: number;
  readonly sessions: { readonly started: number; readonly degraded: number; readonly failed: number };
  readonly golden: { readonly passed: number; readonly failed: number };
  /** Profiles added: a device sends one an hour and backend. */
  readonly profiles: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly backends: Readonly<Record<string, number>>;
  readonly browsers: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<string, number>>;
  /** Labelled predictions and how many were right; null without feedback. */
  readonly labelled: { readonly count: number; readonly correct: number } | null;
  readonly hasReference: boolean;
  /** The version that its rollout replaces; null while a channel rolls out none or another. */
  readonly replaces: string | null;
}

/** GET /v1/overview: every model and version at a glance, over the last 24 h. */
export interface OverviewAnswer {
  readonly from: string;
  readonly to: string;
  readonly models: readonly ModelHealth[];
  /** What devices could not deliver, by reason, of what arrived in this window. */
  readonly lost: Readonly<Record<string, number>>;
}

export interface ModelHealth {
  readonly name: string;
  readonly versions: readonly VersionHealth[];
  readonly openAlerts: number;
}

export interface VersionHealth {
  readonly version: string;
  /**
   * Follows from the figures beside it and from the alerts, `warn` for one that is seen and not yet
   * open. `unknown`: too little was counted to call it good. `idle`: nothing was counted.
   * `cannot-judge`: its counts cannot be read or added, so there are no figures.
   */
  readonly state: 'good' | 'warn' | 'bad' | 'unknown' | 'idle' | 'cannot-judge';
  /** Why all of it, or what needs the reference, cannot be judged; null where nothing is broken. */
  readonly cannotJudge: string | null;
  /** Share of the model's sessions. */
  readonly adoption: number;
  readonly predictions: number;
  readonly sessions: number;
  readonly failedSessions: Estimate;
  readonly goldenFailures: Estimate | null;
  readonly p50Ms: number | null;
  readonly accuracy: ({ readonly kind: 'measured' | 'estimated' } & Estimate) | null;
  /** The feature furthest over its threshold, those that drift first, with score ÷ threshold; null without a reference. */
  readonly worstFeature: { readonly name: string; readonly ratio: number; readonly verdict: DriftVerdict } | null;
  /** Predictions an hour over the window, oldest first. */
  readonly sparkline: readonly number[];
}

/** GET /v1/models/:name/timeline */
export interface TimelineAnswer {
  readonly model: string;
  readonly from: string;
  readonly to: string;
  /** By version, one entry for each hour that has data. Old hours are kept as days, then as weeks: `hours` is the length. */
  readonly points: readonly {
    readonly hour: string;
    readonly hours: number;
    readonly version: string;
    readonly predictions: number;
    readonly errors: number;
    readonly sessionsStarted: number;
    readonly sessionsFailed: number;
    readonly goldenFailed: number;
  }[];
}

/** GET /v1/models/:name/latency */
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

/**
 * GET /v1/models/:name/drift?against= : `reference` (default), `previous` (the window before, as long),
 * `week-before` (the same hours a week earlier), or a version's number
 */
export interface DriftAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  readonly reference: string;
  /** What the window is compared with. */
  readonly against: { readonly kind: 'reference' } | { readonly kind: 'previous' | 'week-before'; readonly from: string; readonly to: string } | { readonly kind: 'version'; readonly version: string };
  readonly predictions: number;
  readonly devices: number;
  /** Groups of devices seen, of 16: intervals and tests take a group, not a prediction, as what is independent. Below 4 predictions are. */
  readonly groups: number;
  /** Inputs first, sorted by score over its floor ÷ threshold, largest first. */
  readonly features: readonly FeatureDrift[];
  /** Predicted labels and scores (or predicted numbers) against the reference; empty when it has no output part. */
  readonly outputs: readonly FeatureDrift[];
}

/** `unsure`: the score is beyond its threshold, and chance may explain it. */
export type DriftVerdict = 'drift' | 'unsure' | 'stable' | 'too-little-data';

export interface FeatureDrift {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  readonly observations: number;
  /** Observations that would tell as much if they were independent. */
  readonly effectiveN: number;
  readonly verdict: DriftVerdict;
  /** The score the verdict rests on; what it is by chance at this n on average; with its interval. */
  readonly primary: { readonly method: 'wasserstein' | 'total-variation'; readonly score: number; readonly low: number | null; readonly high: number | null; readonly threshold: number; readonly noiseFloor: number };
  /** Of no drift at all, corrected for devices (Rao–Scott); `adjusted` also for how many features are looked at (Benjamini–Hochberg). */
  readonly pValue: number;
  readonly adjustedPValue: number;
  readonly scores: {
    readonly psi: number;
    /** Less its noise floor. */
    readonly psiAdjusted: number;
    readonly jensenShannon: number;
    readonly hellinger: number;
    readonly totalVariation: number;
    /** Kolmogorov–Smirnov between these, which is all that bins can tell. */
    readonly kolmogorovSmirnov: { readonly low: number; readonly high: number };
    readonly wasserstein: number | null;
    readonly chiSquare: { readonly statistic: number; readonly degreesOfFreedom: number; readonly pValue: number };
  };
  readonly quality: {
    readonly missingRate: number; readonly referenceMissingRate: number;
    readonly invalidRate: number; readonly outOfRangeRate: number; readonly otherRate: number; readonly referenceOtherRate: number;
  };
  /** Shares (summing to 1) per bin, of what it is compared with and the current ones, with what to print under each. */
  readonly bins: readonly { readonly label: string; readonly reference: number; readonly current: number }[];
}

/**
 * GET /v1/models/:name/drift-history?version= : each step is judged like a window of
 * GET /v1/models/:name/drift. `ratios` has score ÷ threshold, less the noise floor; both are null
 * where too little was counted.
 */
export interface DriftHistoryAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  /** Start of each step, and its length. */
  readonly steps: readonly string[];
  readonly stepHours: number;
  readonly features: readonly {
    readonly name: string;
    readonly ratios: readonly (number | null)[];
    readonly verdicts: readonly (DriftVerdict | null)[];
  }[];
}

/** GET /v1/models/:name/performance?by= : `segment`, `backend` or `browser` for slices */
export interface PerformanceAnswer {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly to: string;
  /** From feedback; null when there was none. */
  readonly measured: ClassificationReport | RegressionReport | null;
  /** Groups of devices that are not in `measured`, since their sums are beyond what is counted exactly: forged, or broken. */
  readonly leftOutGroups: number;
  /**
   * From confidence alone; null without a calibration in the reference. Holds only while the same
   * inputs have the same answers, and while the inputs are like those of the calibration: `drifted`
   * names those that are not (verdict `drift` or `unsure`).
   */
  readonly estimated: {
    readonly accuracy: Estimate;
    readonly referenceAccuracy: number;
    readonly count: number;
    /** Mean −ln of the probability of the true label, and the least it can be; `value` is null for more than two labels. */
    readonly logLoss: { readonly value: number | null; readonly atLeast: number };
    /** Chance that a right answer has a higher score than a wrong one; null where all are expected to be one of them. */
    readonly confidenceAuc: number | null;
    readonly drifted: readonly string[];
  } | null;
  readonly slices: readonly { readonly name: string; readonly count: number; readonly accuracy: Estimate | null; readonly rmse: number | null; readonly estimatedAccuracy: number | null }[];
  readonly timeline: readonly { readonly hour: string; readonly measured: number | null; readonly estimated: number | null; readonly labelled: number }[];
}

export interface ClassificationReport {
  readonly kind: 'classification';
  readonly count: number;
  readonly accuracy: Estimate;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Mean recall of the labels: what a frequent one does not drown. */
  readonly balancedAccuracy: Estimate;
  /** Matthews' correlation of predictions and truths; null where either is always the same. */
  readonly mcc: number | null;
  readonly labels: readonly LabelReport[];
  /** Rows: predicted; columns: true. Null for more than 30 labels. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/** One label against all others; null where there is nothing to divide by. */
export interface LabelReport {
  readonly label: string;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly specificity: number | null;
  /** Area under the ROC curve: scores are not counted by truth, so it is estimated from the one point there is, and lies between the two. */
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

/** Sessions of the challenger below which a comparison has no verdict but `too-little-data`. */
export const COMPARED_FROM_SESSIONS = 50;

/** GET /v1/models/:name/compare?champion=&challenger= : is the new version worse? Safe to look at as often as one likes. */
export interface CompareAnswer {
  readonly model: string;
  readonly champion: string;
  readonly challenger: string;
  readonly from: string;
  readonly to: string;
  readonly metrics: readonly ComparedMetric[];
  /**
   * Sessions of the challenger among both, and the share its rollout asks for, where the registry
   * says so. `observed` is null before there were sessions under that share: a change of a channel
   * takes a day to reach devices.
   */
  readonly sampleRatio: { readonly observed: number | null; readonly expected: number | null; readonly pValue: number | null };
  /** `harm` when two independent signals say so: two metrics, or one in both halves of the fleet. */
  readonly verdict: 'harm' | 'no-harm-seen' | 'too-little-data';
  readonly reasons: readonly string[];
  /**
   * When the collector saw harm first; null where it did not. The verdict stays `harm` from then on
   * until a new rollout of the version begins, whatever is uploaded later or for earlier hours.
   */
  readonly harmSince: string | null;
}

export interface ComparedMetric {
  readonly name: 'failed-sessions' | 'golden-failures' | 'degraded-sessions' | 'latency' | 'accuracy';
  readonly unit: 'share' | 'ms';
  readonly champion: Estimate;
  readonly challenger: Estimate;
  readonly n: { readonly champion: number; readonly challenger: number };
  /** Evidence that the challenger is worse: 100 means a chance of at most 1 in 100 to see this ever, were it not. */
  readonly eValue: number;
  readonly alarm: boolean;
  /** How the evidence grew, for the chart; in the halves of the fleet (groups 0–7, 8–15) too. */
  readonly path: readonly { readonly hour: string; readonly eValue: number; readonly halves: readonly [number, number] }[];
}

/** GET /v1/alerts?state=open|all */
export interface AlertsAnswer {
  readonly alerts: readonly AlertView[];
}

export interface AlertView {
  readonly id: string;
  readonly rule: string;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly severity: 'ticket' | 'page';
  readonly state: 'open' | 'resolved';
  /** Why the last window could not tell whether it still holds; null when it could. It stays open until one can. */
  readonly undecided: string | null;
  /** When the collector saw first that it cannot tell. */
  readonly undecidedSince: string | null;
  /** The id of the alert that says it already; it is shown, and nobody was told. */
  readonly inhibitedBy: string | null;
  /** When the collector saw that it held often enough; it lies in no future. */
  readonly openedAt: string;
  /** The first bad hour: the start of the last hour of the first window that it held in. */
  readonly since: string;
  readonly resolvedAt: string | null;
  readonly summary: string;
  readonly effect: { readonly value: number; readonly low: number; readonly high: number; readonly threshold: number; readonly unit: 'distance' | 'share' | 'ms' | 'ratio' };
  readonly devices: number;
  readonly subjects: readonly string[];
  readonly topFeatures: readonly { readonly name: string; readonly contribution: number }[];
  readonly firstVersionSeen: string;
}

/** GET /v1/audit: what the guard and operators decided here, newest first, with the evidence. */
export interface AuditAnswer {
  readonly entries: readonly {
    readonly id: string;
    readonly at: string;
    readonly actor: 'guard' | 'collector' | 'operator';
    readonly action: 'watch' | 'halt' | 'rollback' | 'alert-opened' | 'alert-resolved';
    readonly model: string;
    readonly version: string;
    readonly summary: string;
    readonly evidence: unknown;
  }[];
}
