import type { CompareAnswer } from '../api.ts';
import type { Effect, Finding, RuleName, Severity } from '../alerts/finding.ts';
import type { ErrorRatios } from '../analysis/error-ratios.ts';
import type { Fleet } from '../analysis/fleet.ts';
import type { Reference } from '../published-models.ts';

interface Errors {
  /** Ratio of regression errors, new to old; null unless both sides have feedback. */
  readonly errors: ErrorRatios | null;
}

/** The counts of one version in a window, and the baselines they are compared with. */
export interface VersionCounts {
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly fleet: Fleet;
  readonly reference: Reference | null;
  /** Comparison with the previous version while both are deployed; null without one. */
  readonly comparison:
    | (Pick<CompareAnswer, 'champion' | 'metrics' | 'sampleRatio' | 'verdict' | 'reasons'> & Errors)
    | null;
  /** Comparison with the version's own past; null while it has none. */
  readonly past: (Pick<CompareAnswer, 'metrics'> & Errors & { readonly when: string }) | null;
  readonly fromHour: number;
  readonly toHour: number;
}

export function finding(
  { model, version, segment, fleet, fromHour, toHour }: VersionCounts,
  rule: RuleName,
  subject: string,
  severity: Severity,
  effect: Effect,
  summary: string,
  more: Partial<Finding> = {},
): Finding {
  return {
    rule,
    model,
    version,
    segment,
    subject,
    severity,
    effect,
    effectiveN: Math.round(fleet.total.predictions * fleet.rawShare),
    devices: fleet.devices,
    topFeatures: [],
    firstVersionSeen: version,
    fromHour,
    toHour,
    summary,
    ...more,
  };
}
