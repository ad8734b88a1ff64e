import type { RuleName, Severity } from './finding.ts';

/** A finding must hold in at least `holds` of the last `of` windows before anyone is told. */
export interface ForWindows {
  readonly holds: number;
  readonly of: number;
}

/**
 * What a rule compares with, and where each threshold stands by default. The analysis reads them; a finding carries the one it passed.
 * Shares, distances and probabilities are 0 to 1.
 */
export const DEFAULT_THRESHOLDS = {
  /** Distances: PP-Wasserstein for numbers, total variation for categories. */
  'feature-drift': { numeric: 0.03, categorical: 0.1 },
  /** Total variation of the predicted labels. */
  'prediction-drift': { distance: 0.05 },
  /** The share of missing values grew by so much, and to so many times what it was. */
  'missing-values': { increase: 0.01, ratio: 2 },
  'new-category': { share: 0.01 },
  'out-of-range': { share: 0.005 },
  /** Failed sessions: ratio to the version before or to its own past, the e-value that proves it, and the share that no version may have. */
  'error-rate': { ratio: 1.5, eValue: 100, ceiling: 0.2 },
  'golden-failures': { share: 0.01 },
  /** 95th percentile against the version before. */
  latency: { ratio: 1.2 },
  'fallback-rate': { ratio: 1.5, eValue: 100 },
  /** Drop of labelled accuracy. */
  accuracy: { drop: 0.02 },
  /** Drop of estimated accuracy, and in standard errors. */
  'estimated-accuracy': { drop: 0.02, standardErrors: 3 },
  /** Root mean squared or mean absolute error: ratio to the version before or to its own past. R² that it must have. */
  'regression-error': { ratio: 1.25, r2: 0 },
  /** p-value below which the split of a rollout is not the one asked for. */
  'sample-ratio': { pValue: 0.001 },
  /** Profiles counted against another reference than the published one. */
  'schema-mismatch': { share: 0.01 },
  /** Hours without a profile of a version that had some. */
  silence: { hours: 6 },
  /** A version, or all of them, that could not be looked at. */
  'cannot-judge': {},
} as const satisfies Readonly<Record<RuleName, Readonly<Record<string, number>>>>;

export type Thresholds<R extends RuleName = RuleName> = { readonly [K in keyof (typeof DEFAULT_THRESHOLDS)[R]]: number };

export interface RuleSettings<R extends RuleName = RuleName> {
  readonly on: boolean;
  /** Instead of what the analysis says; null for that. */
  readonly severity: Severity | null;
  readonly thresholds: Thresholds<R>;
  readonly forWindows: ForWindows;
}

/** Until when nobody is told of what matches all that is given. */
export interface Silence {
  readonly model?: string;
  readonly version?: string;
  readonly rule?: RuleName;
  readonly untilMs: number;
  readonly reason: string;
}

/** Which notifier hears of what; what is not given matches all. */
export interface Route {
  readonly notifier: string;
  readonly severity?: Severity;
  readonly model?: string;
}

export interface Rules {
  readonly rules: { readonly [R in RuleName]: RuleSettings<R> };
  /** Over all features and segments of one model, when nothing is wrong. What the analysis divides among its tests. */
  readonly expectedFalseAlertsPerMonth: number;
  /** How long an alert stays open after its findings last held. */
  readonly keepFiringForMs: number;
  /** How long until people hear again of an open alert that got worse. */
  readonly repeatAfterMs: number;
  readonly silences: readonly Silence[];
  /** Without any, every notifier hears of everything. */
  readonly routes: readonly Route[];
}
