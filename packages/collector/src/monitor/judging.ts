import type { Finding, RuleName, Undecided } from '../alerts/finding.ts';
import type { JudgedFeature } from '../analysis/drift.ts';
import type { EstimatedPerformance } from '../analysis/performance.ts';

/**
 * Hysteresis: an open alert ends only when its effect falls below this fraction of the threshold.
 */
const STAYS = 0.8;

/** Results for one version in one window. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

/** Judged features and the estimate as well, of a version as a whole or of one segment. */
export interface JudgedVersion extends Judged {
  readonly features: readonly JudgedFeature[];
  readonly estimated: EstimatedPerformance | null;
}

/** Collects the rules that can neither report a finding nor clear one. */
export interface Doubts {
  readonly undecided: readonly Undecided[];
  tooLittle(rule: RuleName, subject: string): void;
  /** The effect is close to the threshold: not significantly above it, and not clearly below it. */
  near(rule: RuleName, subject: string): void;
}

export function createDoubts({
  model,
  version,
  segment,
}: Pick<Finding, 'model' | 'version' | 'segment'>): Doubts {
  const undecided: Undecided[] = [];
  const add = (rule: RuleName, subject: string, kind: Undecided['kind'], reason: string): void =>
    void undecided.push({ model, version, segment, rule, subject, kind, reason });
  return {
    undecided,
    tooLittle: (rule, subject) =>
      add(rule, subject, 'too-little-data', 'too little was counted in the last window'),
    near: (rule, subject) => add(rule, subject, 'near', 'it is close to the threshold'),
  };
}

/**
 * True if the effect is still too close to the threshold for an open alert to end. `usual` is its
 * value without a problem.
 */
export function isNear(value: number, usual: number, threshold: number): boolean {
  const line = usual + STAYS * (threshold - usual);
  return threshold >= usual ? value >= line : value <= line;
}
