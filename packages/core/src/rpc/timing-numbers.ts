import type { Timing } from '../model-types.ts';

/** Number of values that one call has in `WireAnswers.timings`. */
const VALUES = 7;

/** The values of one call in `WireAnswers.timings`. `timingAt()` reads them in the same order. */
export function timingNumbers(timing: Timing): readonly number[] {
  return [
    timing.queueMs,
    timing.preprocessMs,
    timing.inferenceMs,
    timing.postprocessMs,
    timing.totalMs,
    timing.batchSize,
    timing.isFirst ? 1 : 0,
  ];
}

/** Reads the timing of the call at this index. */
export function timingAt(timings: readonly number[], index: number): Timing {
  const value = (offset: number): number => timings[index * VALUES + offset] as number;
  return {
    queueMs: value(0),
    preprocessMs: value(1),
    inferenceMs: value(2),
    postprocessMs: value(3),
    totalMs: value(4),
    batchSize: value(5),
    isFirst: value(6) === 1,
  };
}
