/** The thread is not blocked for longer by the runs of a model. */
const LONG_MS = 1;
/** Runs of this length decide sooner. */
const FAR_MS = 16;
/**
 * So many long runs in a row decide, and so many of `FAR_MS`. On a busy device the system stops a
 * thread for tens of milliseconds, which makes one run of microseconds long, but rarely the next.
 */
const RUNS = 3;
const FAR_RUNS = 2;

/** Finds out whether the runs of a model take too long for this thread. */
export interface Slowness {
  /** @param isFirst whether it is the session's first run, which is compiled meanwhile */
  isSlow(ms: number, isFirst: boolean): boolean;
}

export function createSlowness(): Slowness {
  let long = 0;
  let far = 0;
  return {
    isSlow(ms, isFirst) {
      if (isFirst) return false;
      long = ms > LONG_MS ? long + 1 : 0;
      far = ms > FAR_MS ? far + 1 : 0;
      const slow = long >= RUNS || far >= FAR_RUNS;
      // If the model cannot move, so many runs decide about the next try.
      if (slow) long = far = 0;
      return slow;
    },
  };
}
