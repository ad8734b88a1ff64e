import { STAGES } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { ComparedMetric } from '../api.ts';
import { meanLogLatency } from './log-latency.ts';
import { correctIn, labelledIn } from './performance.ts';
import type { Counted } from './stratified.ts';
import { sum } from '../sum.ts';

/** A figure in which two versions are compared. */
export interface Metric {
  readonly name: ComparedMetric['name'];
  /** What fails for one reason fails in several metrics: only other families are other signals. */
  readonly family: 'failures' | 'latency' | 'accuracy';
  readonly unit: ComparedMetric['unit'];
  /** Sums in which more is worse. */
  readonly count: (profile: Profile) => Counted;
  /** Harm smaller than this is not worth taking a release back for, however sure it is. */
  readonly margin: number;
  /** Of the differences that are looked for. */
  readonly sizes: readonly number[];
  /** Of each arm, before their mean is evidence. */
  readonly minUnits: number;
  /** The least that a single unit varies, at a mean of both arms. */
  readonly leastVariance: (mean: number) => number;
  /** A mean as people read it. It may turn low and high. */
  readonly shown: (mean: number) => number;
}

const MIN_OBSERVED = 200;
/** The logarithm of a latency varies by the width of a bucket of the histogram at least. */
const LEAST_LOG_VARIANCE = 0.05 ** 2;
const TOTAL = STAGES.indexOf('total');

const FAILURES = {
  family: 'failures',
  unit: 'share',
  margin: 0.002,
  sizes: [0.005, 0.05, 0.5],
  minUnits: 1,
  leastVariance: (share: number) => share * (1 - share),
  shown: (share: number) => share,
} as const;

export const METRICS: readonly Metric[] = [
  {
    ...FAILURES,
    name: 'failed-sessions',
    // Sessions of one device are not independent: it may open a broken one again and again.
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
    minUnits: MIN_OBSERVED,
    leastVariance: () => LEAST_LOG_VARIANCE,
    shown: Math.exp,
  },
  {
    ...FAILURES,
    name: 'accuracy',
    family: 'accuracy',
    count: (one) => bounded(labelledIn(one), labelledIn(one) - correctIn(one)),
    margin: 0.02,
    sizes: [0.05],
    minUnits: MIN_OBSERVED,
    shown: (wrong) => 1 - wrong,
  },
];

/** What fails in a later hour than it began is not more than what there was. */
function bounded(n: number, failed: number): Counted {
  return { n, sum: Math.min(n, failed) };
}

function logLatency(histogram: ArrayLike<number>): Counted {
  const n = sum(histogram);
  return { n, sum: n === 0 ? 0 : n * meanLogLatency(histogram) };
}
