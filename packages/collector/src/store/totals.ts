import type { Profile } from '@perigee/profile';

/** Plain totals stored beside each sum, so that overviews need not read histograms. */
export const COUNT_COLUMNS = [
  'predictions',
  'errors',
  'fallbacks',
  'sessionsStarted',
  'sessionsDegraded',
  'sessionsFailed',
  'goldenPassed',
  'goldenFailed',
  'labelled',
  'correct',
  'devices',
  'failedDevices',
] as const;

/** Totals of a profile, in the order of COUNT_COLUMNS. */
export function countsOf({
  devices,
  failedDevices,
  predictions,
  errors,
  fallbacks,
  sessions,
  golden,
  confusion,
  labels,
  regression,
}: Profile): number[] {
  let labelled = regression.count;
  let correct = 0;
  for (const [cell, count] of confusion) {
    labelled += count;
    if (cell % (labels.length + 1) === 0) correct += count;
  }
  const failures = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return [
    predictions,
    failures,
    fallbacks,
    sessions.started,
    sessions.degraded,
    sessions.failed,
    golden.passed,
    golden.failed,
    labelled,
    correct,
    devices,
    failedDevices,
  ];
}
