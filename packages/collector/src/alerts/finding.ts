import type { Facts, Impact } from './facts.ts';

export const RULE_NAMES = [
  'feature-drift',
  'prediction-drift',
  'missing-values',
  'new-category',
  'out-of-range',
  'error-rate',
  'golden-failures',
  'latency',
  'fallback-rate',
  'accuracy',
  'estimated-accuracy',
  'regression-error',
  'sample-ratio',
  'schema-mismatch',
  'silence',
  'cannot-judge',
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

export const SEVERITIES = ['ticket', 'page'] as const;
/** A `ticket` can wait for the next working day; a `page` wakes someone. */
export type Severity = (typeof SEVERITIES)[number];

/** A problem of a version in a window, as the analysis found it. */
export interface Finding {
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  /** Name of a feature or backend; '' for the version as a whole. */
  readonly subject: string;
  readonly severity: Severity;
  readonly effect: Effect;
  readonly effectiveN: number;
  readonly devices: number;
  /** At most five, largest first. */
  readonly topFeatures: readonly { readonly name: string; readonly contribution: number }[];
  /** The oldest version with the same finding. */
  readonly firstVersionSeen: string;
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
  /** The statistics, in one sentence. `words/headline.ts` makes one for everybody. */
  readonly summary: string;
  /** Missing in findings of an older collector. */
  readonly facts?: Facts;
  /** Missing in findings of an older collector, and where nothing of the version was counted. */
  readonly impact?: Impact;
}

/**
 * An effect in the unit of its rule, with a 95 % interval and the threshold it crossed: upwards if
 * value ≥ threshold, otherwise downwards.
 */
export interface Effect {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly threshold: number;
  readonly unit: 'distance' | 'share' | 'ms' | 'ratio' | 'hours';
}

/**
 * A finding that a window could neither make nor clear. Matching alerts stay unchanged: they do not
 * resolve, and none opens. A null field matches any value.
 */
export interface Undecided {
  readonly model: string | null;
  readonly version: string | null;
  readonly segment: string | null;
  readonly rule: RuleName | null;
  readonly subject: string | null;
  /** `fault`: something is broken, and an alert opens. `near`: just below the threshold. */
  readonly kind: 'fault' | 'too-little-data' | 'near';
  /** A clause for people, for example "the registry cannot be read". */
  readonly reason: string;
}
