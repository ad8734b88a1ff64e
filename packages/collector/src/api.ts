import type { Effect, RuleName } from './alerts/finding.ts';
import type { DriftVerdict } from './api-quality.ts';

/**
 * Answers of the collector's HTTP API, shared by the routes and the dashboard.
 * Times are ISO 8601 in UTC; windows are half-open [from, to); durations in milliseconds.
 */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string };
}

/** POST /v1/profiles → 202: the ids of the acknowledged batches. */
export interface AckAnswer {
  readonly ack: readonly string[];
  /** True when the batch was received before. It is counted only once. */
  readonly duplicate: boolean;
}

/** POST /v1/labels → 202: how many labels were counted. */
export interface LabelsAnswer {
  readonly counted: number;
  /** Labels for predictions that already had one. They are not counted again. */
  readonly known: number;
}

/**
 * A number with its 95 % interval. `low` and `high` are null when too few groups of devices
 * reported.
 */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The counts that a verdict still needs: `counted` so far, of `needed`. */
export interface Shortfall {
  /** `device groups`: devices are in 16 groups, which are the units that are independent. */
  readonly of: 'sessions' | 'predictions' | 'labels' | 'observations' | 'device groups';
  readonly counted: number;
  readonly needed: number;
}

/**
 * The part of the fleet that a request is about. Query parameters of every route below, all
 * optional.
 */
export interface SliceQuery {
  readonly version?: string;
  readonly backend?: string;
  readonly browser?: string;
  readonly segment?: string;
  /** Start and end of the window, ISO 8601. Default: the last 24 hours. */
  readonly from?: string;
  readonly to?: string;
}

/** GET /v1/freshness: whether uploads arrive, and what the collector has still to do. */
export interface FreshnessAnswer {
  /** The clock of the collector. */
  readonly now: string;
  /**
   * When this collector took the last upload since it started. Null: none since then.
   */
  readonly lastUploadAt: string | null;
  /** The newest hour with counts in the store; null in an empty store. */
  readonly newestHour: string | null;
  /** Uploads that wait to be stored. */
  readonly waitingUploads: number;
  /** Messages about alerts that wait to be sent, also for another try. */
  readonly waitingMessages: number;
}

/** GET /v1/models. GET /v1/models/:name answers one ModelSummary. */
export interface ModelsAnswer {
  readonly models: readonly ModelSummary[];
}

export interface ModelSummary {
  readonly name: string;
  readonly versions: readonly VersionSummary[];
}

export interface VersionSummary {
  readonly version: string;
  /** Weighted by sampling: where one device in eight sends, each count stands for eight. */
  readonly predictions: number;
  readonly errors: number;
  readonly fallbacks: number;
  readonly sessions: {
    readonly started: number;
    readonly degraded: number;
    readonly failed: number;
  };
  readonly golden: { readonly passed: number; readonly failed: number };
  /** Number of profiles received. A device sends one per hour and backend. */
  readonly profiles: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly backends: Readonly<Record<string, number>>;
  readonly browsers: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<string, number>>;
  /** Predictions with feedback, and how many of them were correct; null without feedback. */
  readonly labelled: { readonly count: number; readonly correct: number } | null;
  readonly hasReference: boolean;
  /** The version that the current rollout replaces with this one; null without such a rollout. */
  readonly replaces: string | null;
}

/** GET /v1/overview: a summary of every model and version over the last 24 hours. */
export interface OverviewAnswer {
  readonly from: string;
  readonly to: string;
  readonly models: readonly ModelHealth[];
  /**
   * Counts that devices could not deliver, by reason, as reported by uploads received in this
   * window.
   */
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
   * Derived from the figures in this object and from alerts. `warn` includes a finding that has not
   * opened an alert yet. `unknown`: too few counts to say `good`. `idle`: no counts.
   * `cannot-judge`: the counts cannot be read or added, so there are no figures.
   */
  readonly state: 'good' | 'warn' | 'bad' | 'unknown' | 'idle' | 'cannot-judge';
  /** The counts that `good` still needs, in state `unknown`; else null. */
  readonly shortfall: Shortfall | null;
  /** The fault, if the version or its rules with a reference cannot be judged; else null. */
  readonly cannotJudge: string | null;
  /** Share of the model's sessions, 0 to 1. */
  readonly adoption: number;
  readonly predictions: number;
  readonly sessions: number;
  /** Null if no session began in the window. */
  readonly failedSessions: Estimate | null;
  readonly goldenFailures: Estimate | null;
  /** Trials of the golden samples. */
  readonly goldenTrials: number;
  readonly p50Ms: number | null;
  /**
   * `inputsMoved`: an estimate does not hold, because inputs differ from those of the calibration
   * (verdict `drift` or `unsure`).
   */
  readonly accuracy:
    | ({ readonly kind: 'measured' | 'estimated'; readonly inputsMoved: boolean } & Estimate)
    | null;
  /**
   * The feature or output with the highest ratio of score to threshold, where those that drift rank
   * before all others; null without a reference, or where too little was counted of all.
   */
  readonly worstFeature: {
    readonly name: string;
    readonly ratio: number;
    readonly verdict: DriftVerdict;
  } | null;
  /** Predictions per hour over the window, oldest first. */
  readonly sparkline: readonly number[];
}

/** GET /v1/models/:name/timeline */
export interface TimelineAnswer {
  readonly model: string;
  readonly from: string;
  readonly to: string;
  /**
   * One entry per version and stored bucket with data. `hours` is the length of the bucket: 1, or
   * 24 (a day) or 168 (a week) for older data.
   */
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
    /** Null with fewer than 10 durations: no tenth of them is slower. */
    readonly p90Ms: number | null;
    /** Null with fewer than 100 durations. */
    readonly p99Ms: number | null;
  }[];
}

/**
 * With fewer sessions of either version in the hours and device groups that both have, no
 * comparison has the verdict `no-harm-seen`.
 */
export const COMPARED_FROM_SESSIONS = 50;

/**
 * GET /v1/models/:name/compare?champion=&challenger= : is the new version worse? The test is
 * sequential: checking often does not raise the rate of false alarms.
 */
export interface CompareAnswer {
  readonly model: string;
  readonly champion: string;
  readonly challenger: string;
  readonly from: string;
  readonly to: string;
  readonly metrics: readonly ComparedMetric[];
  /**
   * `observed`: share of the challenger among the sessions of both versions. `expected`: the share
   * that its rollout asks for, null if the registry does not say. `observed` is null until there
   * are sessions under the current share: a change of a channel takes a day to reach devices.
   * `sessions`: those behind `observed`; without it, those of all compared hours. `pValue` is null
   * while `shortfall` is counted.
   */
  readonly sampleRatio: {
    readonly observed: number | null;
    readonly expected: number | null;
    readonly pValue: number | null;
    readonly sessions: { readonly champion: number; readonly challenger: number };
    readonly shortfall: Shortfall | null;
  };
  /**
   * `harm` needs two independent signals: two metrics, or one metric in both halves of the fleet.
   */
  readonly verdict: 'harm' | 'no-harm-seen' | 'too-little-data';
  /** The counts that `no-harm-seen` still needs, with verdict `too-little-data`; else null. */
  readonly shortfall: (Shortfall & { readonly version: string }) | null;
  readonly reasons: readonly string[];
  /**
   * When the collector saw harm first; null where it did not. The verdict stays `harm` from then on
   * until a new rollout of the version begins, whatever is uploaded later or for earlier hours.
   */
  readonly harmSince: string | null;
}

export interface ComparedMetric {
  readonly name:
    | 'failed-sessions'
    | 'golden-failures'
    | 'degraded-sessions'
    | 'latency'
    | 'accuracy';
  readonly unit: 'share' | 'ms';
  readonly champion: Estimate;
  readonly challenger: Estimate;
  /** Units behind the estimates: those in hours and device groups that both versions have. */
  readonly n: { readonly champion: number; readonly challenger: number };
  /**
   * E-value: evidence that the challenger is worse. If it is not worse, the chance of ever seeing
   * 100 is at most 1 in 100.
   */
  readonly eValue: number;
  /** The counts that the evidence still needs; until then `eValue` is 1. Null once it is counted. */
  readonly shortfall: Shortfall | null;
  readonly alarm: boolean;
  /** The e-value over time, for the chart. `halves`: the same for groups 0–7 and groups 8–15. */
  readonly path: readonly {
    readonly hour: string;
    readonly eValue: number;
    readonly halves: readonly [number, number];
  }[];
}

/** GET /v1/alerts?state=open|all */
export interface AlertsAnswer {
  readonly alerts: readonly AlertView[];
}

export interface AlertView {
  readonly id: string;
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly severity: 'ticket' | 'page';
  readonly state: 'open' | 'resolved';
  /**
   * Why the last window could not decide whether the alert still holds; null when it could. The
   * alert stays open until a window can decide.
   */
  readonly undecided: string | null;
  /** When the collector first could not decide; null when it could. */
  readonly undecidedSince: string | null;
  /** The last person who said that they look after it; null if nobody did. */
  readonly acknowledged: {
    readonly by: string;
    readonly at: string;
    readonly note: string;
  } | null;
  /** The person who asked for no more messages, and the end; null when messages are sent. */
  readonly snoozed: {
    readonly by: string;
    readonly at: string;
    readonly note: string;
    /** A time, or `next-version`: until devices run a newer version of the model. */
    readonly until: string;
  } | null;
  /** Id of the alert that covers this one. This one is shown, but no notification was sent. */
  readonly inhibitedBy: string | null;
  /** When the collector confirmed the finding in enough windows. Never in the future. */
  readonly openedAt: string;
  /** The first bad hour: the last hour of the first window with the finding. */
  readonly since: string;
  readonly resolvedAt: string | null;
  /** The problem in plain words, without statistics. */
  readonly headline: string;
  /** Effects of the version that users notice; '' where nothing of it was counted. */
  readonly impact: string;
  /** The statistics, in one sentence. */
  readonly summary: string;
  readonly effect: Effect;
  readonly devices: number;
  readonly subjects: readonly string[];
  readonly topFeatures: readonly { readonly name: string; readonly contribution: number }[];
  readonly firstVersionSeen: string;
}

/**
 * GET /v1/audit: decisions of the guard and of operators on this collector, newest first, with
 * their evidence.
 */
export interface AuditAnswer {
  readonly entries: readonly {
    readonly id: string;
    readonly at: string;
    readonly actor: 'guard' | 'collector' | 'operator';
    readonly action:
      | 'watch'
      | 'halt'
      | 'rollback'
      | 'alert-opened'
      | 'alert-resolved'
      | 'alert-acknowledged'
      | 'alert-snoozed'
      | 'alert-woken'
      | 'rules-changed'
      | 'link-shared'
      | 'link-revoked';
    readonly model: string;
    readonly version: string;
    readonly summary: string;
    readonly evidence: unknown;
  }[];
}
