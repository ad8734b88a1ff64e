import { STAGES } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import type { RuleName } from '../alerts/finding.ts';
import type { Rules } from '../alerts/thresholds.ts';
import type { Estimate } from '../api.ts';
import { judgeDrift } from './drift.ts';
import type { DriftOptions } from './drift.ts';
import { estimateOf, rateOf } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { logLatencyOf, meanLogLatency } from './log-latency.ts';
import { accuracyOf, estimatedPerformance, rmseOf } from './performance.ts';
import { qualityRules } from './quality.ts';
import { sum } from '../sum.ts';

/** The figure of a rule, worked out for any part of a fleet. */
export interface Measure {
  readonly unit: 'distance' | 'share' | 'ms' | 'number';
  readonly worse: 'higher' | 'lower';
  /** Null where too little was counted. */
  of(fleet: Fleet, reference: ReferenceProfile | null): Estimate | null;
}

const TOTAL = STAGES.indexOf('total');
/** Fewer observations of a feature say nothing of its distribution. */
const MIN_OBSERVATIONS = 100;

/**
 * The figure that an alert of this rule and subject is about; null for rules on the fleet as a
 * whole, such as silence.
 */
export function measureOf(
  rule: RuleName,
  subject: string,
  { rules }: Rules,
  options: DriftOptions,
): Measure | null {
  switch (rule) {
    case 'feature-drift':
    case 'prediction-drift':
      return distance(subject, options);
    case 'missing-values':
    case 'new-category':
    case 'out-of-range':
      return quality(rule, subject, rules);
    case 'error-rate':
      return subject === 'ceiling'
        ? rate(
            ({ sessions }) => sessions.failed,
            ({ sessions }) => sessions.started,
          )
        : rate(
            ({ failedDevices }) => failedDevices,
            ({ devices }) => devices,
          );
    case 'golden-failures':
      return rate(
        ({ golden }) => golden.failed,
        ({ golden }) => golden.passed + golden.failed,
      );
    case 'fallback-rate':
      return rate(
        ({ sessions }) => sessions.degraded,
        ({ sessions }) => sessions.started,
      );
    case 'latency':
      return { unit: 'ms', worse: 'higher', of: latency };
    case 'accuracy':
      return {
        unit: 'share',
        worse: 'lower',
        of: ({ groups, rawShare }) => accuracyOf(groups, rawShare),
      };
    case 'estimated-accuracy':
      return {
        unit: 'share',
        worse: 'lower',
        of: (fleet, reference) =>
          (reference && estimatedPerformance(fleet, reference)?.accuracy) ?? null,
      };
    case 'regression-error':
      return { unit: 'number', worse: 'higher', of: rootMeanSquare };
    case 'sample-ratio':
    case 'schema-mismatch':
    case 'silence':
    case 'cannot-judge':
      return null;
  }
}

function rate(part: (one: Profile) => number, whole: (one: Profile) => number): Measure {
  return {
    unit: 'share',
    worse: 'higher',
    of: ({ groups, rawShare }) => rateOf(groups, part, whole, rawShare),
  };
}

function distance(subject: string, options: DriftOptions): Measure {
  return {
    unit: 'distance',
    worse: 'higher',
    of(fleet, reference) {
      if (!reference) return null;
      const { features, outputs } = judgeDrift(fleet, reference, options);
      const found = [...features, ...outputs].find(({ name }) => name === subject);
      if (!found || found.observations < MIN_OBSERVATIONS) return null;
      const { score, low, high, noiseFloor } = found.primary;
      const over = (value: number): number => Math.max(0, value - noiseFloor);
      return {
        value: over(score),
        low: low === null ? null : over(low),
        high: high === null ? null : over(high),
      };
    },
  };
}

function quality(
  rule: 'missing-values' | 'new-category' | 'out-of-range',
  subject: string,
  rules: Rules['rules'],
): Measure {
  return {
    unit: 'share',
    worse: 'higher',
    of({ groups, rawShare }, reference) {
      const index = reference?.features.findIndex(({ name }) => name === subject) ?? -1;
      const feature = reference?.features[index];
      const one = feature && qualityRules(feature, rules).find((each) => each.rule === rule);
      if (!one) return null;
      const counts = (profile: Profile) => profile.features[index];
      return rateOf(
        groups,
        (profile) => {
          const found = counts(profile);
          return found ? one.part(found) : 0;
        },
        (profile) => {
          const found = counts(profile);
          if (!found) return 0;
          return found.bins.reduce((sum, count) => sum + count, 0) + found.missing + found.invalid;
        },
        rawShare,
      );
    },
  };
}

function latency({ groups, rawShare }: Fleet): Estimate | null {
  const histograms = groups.flatMap(({ latency: stages }) => stages[TOTAL] ?? []);
  const n = histograms.reduce((all, one) => all + sum(one), 0);
  if (n === 0) return null;
  const found = estimateOf(histograms, meanLogLatency);
  const { value, low, high } = logLatencyOf(found, n * rawShare);
  return {
    value: Math.exp(value),
    low: low === null ? null : Math.exp(low),
    high: high === null ? null : Math.exp(high),
  };
}

function rootMeanSquare(fleet: Fleet, reference: ReferenceProfile | null): Estimate | null {
  return reference && rmseOf(fleet, reference);
}
