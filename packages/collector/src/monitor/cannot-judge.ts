import type { RuleName, Undecided } from '../alerts/finding.ts';

/** Rules that need the version's reference. */
export const REFERENCE_RULES = [
  'feature-drift',
  'prediction-drift',
  'missing-values',
  'new-category',
  'out-of-range',
  'accuracy',
  'estimated-accuracy',
  'regression-error',
] as const satisfies readonly RuleName[];
/** Rules that need the channel file of the model. */
export const CHANNEL_RULES = [
  'error-rate',
  'fallback-rate',
  'latency',
  'regression-error',
  'sample-ratio',
  'silence',
] as const satisfies readonly RuleName[];

/** An entry for a fault, which opens an alert. */
export function cannotJudge(
  model: string,
  version: string | null,
  rule: RuleName | null,
  reason: string,
): Undecided {
  return { model, version, segment: null, rule, subject: null, kind: 'fault', reason };
}

/** An entry for too little data, for a version or one of its segments under any rule. */
export function tooFew(model: string, version: string, segment: string | null): Undecided {
  return {
    model,
    version,
    segment,
    rule: null,
    subject: null,
    kind: 'too-little-data',
    reason: 'too little was counted in the last window',
  };
}
