import { LATENCY_BUCKETS, latencyBucket } from '../profile/latency.ts';
import { STAGES } from '../profile/layout.ts';
import type { Stage } from '../profile/layout.ts';
import { takeBins } from './take-bins.ts';

/** Counts the durations of each stage. */
export interface LatencyCounter {
  /** Returns false if it counts nothing: for an unknown stage, a negative number or NaN. */
  observe(stage: Stage, ms: number): boolean;
  take(): Float64Array[];
}

export function createLatencyCounter(): LatencyCounter {
  const latency = STAGES.map(() => new Uint32Array(LATENCY_BUCKETS));
  return {
    observe(stage, ms) {
      const histogram = latency[STAGES.indexOf(stage)];
      if (!histogram || !(ms >= 0)) return false;
      const bucket = latencyBucket(ms);
      histogram[bucket] = (histogram[bucket] ?? 0) + 1;
      return true;
    },
    take: () => latency.map(takeBins),
  };
}
