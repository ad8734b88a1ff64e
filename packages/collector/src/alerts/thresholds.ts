import type { RuleName, Severity } from './finding.ts';

/**
 * A finding must hold in at least `holds` of the last `of` windows before a notification is sent.
 */
export interface ForWindows {
  readonly holds: number;
  readonly of: number;
}

/**
 * Default thresholds of each rule. The analysis uses them, and a finding carries the one it
 * crossed. Shares, distances and probabilities are 0 to 1.
 */
export const DEFAULT_THRESHOLDS = {
  /** Distances: quantile-space Wasserstein distance for numbers, total variation for categories. */
  'feature-drift': { numeric: 0.03, categorical: 0.1 },
  /** Total variation of the predicted labels. */
  'prediction-drift': { distance: 0.05 },
  /**
   * Growth of the share of missing values: absolute, and as a ratio to the reference's share. Both
   * are required.
   */
  'missing-values': { increase: 0.01, ratio: 2 },
  'new-category': { share: 0.01 },
  'out-of-range': { share: 0.005 },
  /**
   * Failed sessions: ratio to the previous version or the version's own past, e-value required as
   * evidence, and absolute limit.
   */
  'error-rate': { ratio: 1.5, eValue: 100, ceiling: 0.2 },
  'golden-failures': { share: 0.01 },
  /**
   * Ratio of the geometric mean latency to that of the previous version or the version's own past.
   */
  latency: { ratio: 1.2 },
  'fallback-rate': { ratio: 1.5, eValue: 100 },
  /** Drop of accuracy measured by labels. */
  accuracy: { drop: 0.02 },
  /** Drop of estimated accuracy: absolute, and in standard errors. Both are required. */
  'estimated-accuracy': { drop: 0.02, standardErrors: 3 },
  /**
   * Ratio of the root mean squared or mean absolute error to the previous version or the version's
   * own past, and smallest acceptable R².
   */
  'regression-error': { ratio: 1.25, r2: 0 },
  /** p-value below which the split of a rollout differs from the requested share. */
  'sample-ratio': { pValue: 0.001 },
  /** Share of uploads counted against a reference other than the published one. */
  'schema-mismatch': { share: 0.01 },
  /** Hours without a profile of a version that sent some before. */
  silence: { hours: 6 },
  /** Versions that could not be analysed; no thresholds. */
  'cannot-judge': {},
} as const satisfies Readonly<Record<RuleName, Readonly<Record<string, number>>>>;

export type Thresholds<R extends RuleName = RuleName> = {
  readonly [K in keyof (typeof DEFAULT_THRESHOLDS)[R]]: number;
};

export interface RuleSettings<R extends RuleName = RuleName> {
  readonly on: boolean;
  /** Replaces the severity of the analysis; null keeps it. */
  readonly severity: Severity | null;
  readonly thresholds: Thresholds<R>;
  readonly forWindows: ForWindows;
}

/** Suppresses notifications until `untilMs` for alerts that match all given fields. */
export interface Silence {
  readonly model?: string;
  readonly version?: string;
  readonly rule?: RuleName;
  readonly untilMs: number;
  readonly reason: string;
}

/** Sends alerts that match all given fields to a notifier. */
export interface Route {
  readonly notifier: string;
  readonly severity?: Severity;
  readonly model?: string;
}

export interface Rules {
  readonly rules: { readonly [R in RuleName]: RuleSettings<R> };
  /**
   * Over all features and segments of one model without any problem. The analysis divides it among
   * its tests.
   */
  readonly expectedFalseAlertsPerMonth: number;
  /** How long an alert stays open after its findings last held or were close to the threshold. */
  readonly keepFiringForMs: number;
  /** Minimum time before an open alert that got worse is notified again. */
  readonly repeatAfterMs: number;
  readonly silences: readonly Silence[];
  /** Without routes, every notifier receives all alerts. */
  readonly routes: readonly Route[];
}
