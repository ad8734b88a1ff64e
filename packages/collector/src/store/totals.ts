import type { Profile } from '@perigee/profile';
import { correctIn, labelledIn } from '../confusion.ts';
import { sum } from '../sum.ts';

/**
 * Plain totals stored beside each sum, so that overviews need not read histograms. The order is
 * that of the stored columns.
 */
const TOTALS = {
  predictions: ({ predictions }) => predictions,
  errors: ({ errors }) => sum(Object.values(errors)),
  fallbacks: ({ fallbacks }) => fallbacks,
  sessionsStarted: ({ sessions }) => sessions.started,
  sessionsDegraded: ({ sessions }) => sessions.degraded,
  sessionsFailed: ({ sessions }) => sessions.failed,
  goldenPassed: ({ golden }) => golden.passed,
  goldenFailed: ({ golden }) => golden.failed,
  labelled: (profile) => profile.regression.count + labelledIn(profile),
  correct: correctIn,
  devices: ({ devices }) => devices,
  failedDevices: ({ failedDevices }) => failedDevices,
} satisfies Record<string, (profile: Profile) => number>;

export const COUNT_COLUMNS = Object.keys(TOTALS) as (keyof typeof TOTALS)[];

/** Totals of a profile, in the order of COUNT_COLUMNS. */
export function countsOf(profile: Profile): number[] {
  return Object.values(TOTALS).map((totalOf) => totalOf(profile));
}
