import { STAGES } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { ComparedMetric, Estimate, Shortfall } from '../api.ts';
import { correctIn, labelledIn } from '../confusion.ts';
import { shareOf } from './estimate.ts';
import { LEAST_LOG_SPREAD, logLatencyOf, meanLogLatency } from './log-latency.ts';
import type { Counted } from './stratified.ts';
import { sum } from '../sum.ts';

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
  readonly count: (profile: Profile) => Counted;
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
const TOTAL = STAGES.indexOf('total');

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
    count: ({ golden }) => bounded(golden.passed + golden.failed, golden.failed),
  },
  {
    ...FAILURES,
    name: 'degraded-sessions',
    count: ({ sessions }) => bounded(sessions.started, sessions.degraded),
  },
  {
    name: 'latency',
    family: 'latency',
    unit: 'ms',
    count: ({ latency }) => logLatency(latency[TOTAL] ?? []),
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
    count: (one) => bounded(labelledIn(one), labelledIn(one) - correctIn(one)),
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

function logLatency(histogram: ArrayLike<number>): Counted {
  const n = sum(histogram);
  return { n, sum: n === 0 ? 0 : n * meanLogLatency(histogram) };
}
