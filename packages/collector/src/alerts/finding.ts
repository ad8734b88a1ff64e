export const RULE_NAMES = [
  'feature-drift', 'prediction-drift', 'missing-values', 'new-category', 'out-of-range', 'error-rate', 'golden-failures', 'latency', 'fallback-rate',
  'accuracy', 'estimated-accuracy', 'regression-error', 'sample-ratio', 'schema-mismatch', 'silence', 'cannot-judge',
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

export const SEVERITIES = ['ticket', 'page'] as const;
/** A ticket can wait for the next working day, a page wakes someone. */
export type Severity = (typeof SEVERITIES)[number];

/** Something that is wrong with a version in a window, as the analysis found it. */
export interface Finding {
  readonly rule: RuleName;
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  /** What it is about: a feature's name, a backend, '' for the whole. */
  readonly subject: string;
  readonly severity: Severity;
  readonly effect: Effect;
  readonly effectiveN: number;
  readonly devices: number;
  /** Up to five, the largest first. */
  readonly topFeatures: readonly { readonly name: string; readonly contribution: number }[];
  /** Version the trouble began with. */
  readonly firstVersionSeen: string;
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
  /** One sentence for people. */
  readonly summary: string;
}

/** In the rule's own unit, with a 95 % interval, and the threshold it passed: upwards when value ≥ threshold, downwards otherwise. */
export interface Effect {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly threshold: number;
  readonly unit: 'distance' | 'share' | 'ms' | 'ratio';
}

/**
 * What a window neither found nor cleared. An alert it covers stays as it is: it is not resolved,
 * and nothing opens. A field that is null covers all there are.
 */
export interface Undecided {
  readonly model: string | null;
  readonly version: string | null;
  readonly segment: string | null;
  readonly rule: RuleName | null;
  readonly subject: string | null;
  /** `fault`: something is broken, and people are told. `near`: just below the threshold. */
  readonly kind: 'fault' | 'too-little-data' | 'near';
  /** A clause for people: "the registry cannot be read". */
  readonly reason: string;
}
