import type { ComparedMetric, Estimate, Shortfall } from '../api.ts';
import { shareOf } from './estimate.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { LEAST_LOG_SPREAD, logLatencyOf, sumOfLogLatencies } from './log-latency.ts';
import type { Counted } from './stratified.ts';

/** A metric by which two versions are compared. */
export interface Metric {
  readonly name: ComparedMetric['name'];
  /**
   * One cause can fail several metrics of a family. Only different families are independent
   * signals.
   */
  readonly family: 'failures' | 'latency' | 'accuracy';
  readonly unit: ComparedMetric['unit'];
  /** Sums in which larger means worse. */
  readonly count: (counts: ComparedCounts) => Counted;
  /** Smallest harm worth reverting a release for, however significant. */
  readonly margin: number;
  /** Sizes of the differences that the test looks for. */
  readonly sizes: readonly number[];
  /** Units required in each arm before the difference of means is used as evidence; null for one. */
  readonly needed: { readonly of: Shortfall['of']; readonly units: number } | null;
  /** Lower bound of the variance of a single unit, given the mean of both arms. */
  readonly leastVariance: (mean: number) => number;
  /** Makes the interval of a mean at least as wide as n independent units allow. */
  readonly atLeastAsWide: (mean: Estimate, n: number) => Estimate;
  /** Converts a mean for display. May swap the lower and upper end of an interval. */
  readonly shown: (mean: number) => number;
}

const MIN_OBSERVED = 200;

const FAILURES = {
  family: 'failures',
  unit: 'share',
  margin: 0.002,
  sizes: [0.005, 0.05, 0.5],
  needed: null,
  leastVariance: (share: number) => share * (1 - share),
  atLeastAsWide: shareOf,
  shown: (share: number) => share,
} as const;

export const METRICS: readonly Metric[] = [
  {
    ...FAILURES,
    name: 'failed-sessions',
    // Sessions of one device are not independent: it may open a broken model again and again.
    count: ({ devices, failedDevices }) => bounded(devices, failedDevices),
  },
  {
    ...FAILURES,
    name: 'golden-failures',
    count: ({ goldenPassed, goldenFailed }) => bounded(goldenPassed + goldenFailed, goldenFailed),
  },
  {
    ...FAILURES,
    name: 'degraded-sessions',
    count: ({ sessionsStarted, sessionsDegraded }) => bounded(sessionsStarted, sessionsDegraded),
  },
  {
    name: 'latency',
    family: 'latency',
    unit: 'ms',
    count: ({ latencies, latencyBuckets }) => ({
      n: latencies,
      sum: sumOfLogLatencies(latencies, latencyBuckets),
    }),
    margin: Math.log(1.25),
    sizes: [0.2],
    needed: { of: 'predictions', units: MIN_OBSERVED },
    leastVariance: () => LEAST_LOG_SPREAD ** 2,
    atLeastAsWide: logLatencyOf,
    shown: Math.exp,
  },
  {
    ...FAILURES,
    name: 'accuracy',
    family: 'accuracy',
    // Feedback on a number is neither right nor wrong.
    count: ({ labelled, truths, correct }) =>
      bounded(labelled - truths, labelled - truths - correct),
    margin: 0.02,
    sizes: [0.05],
    needed: { of: 'labels', units: MIN_OBSERVED },
    shown: (wrong) => 1 - wrong,
  },
];

/** Caps failures at n: a unit may fail in a later hour than the one it began in. */
function bounded(n: number, failed: number): Counted {
  return { n, sum: Math.min(n, failed) };
}
