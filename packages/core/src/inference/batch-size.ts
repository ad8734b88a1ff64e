/** Maximum number of calls that run together, unless the caller sets one. */
const MAX_BATCH = 32;
/** A batch that takes less than this always pays: it saves the overhead around each run. */
const CHEAP_MS = 1;
/** A batch must cut the time per row to this share of the time in a batch of half the size. */
const WORTH = 0.92;
/**
 * The best of at least this many tries decides whether a batch size pays. Short runs are tried as
 * often as they would take this long, because other programs slow down some of them.
 */
const TRIES = 3;
const TRIES_MS = 25;

/** Finds how many calls are worth running together, by measuring real runs. */
export interface BatchSize {
  limit(): number;
  /** Records that this many rows ran together in `ms` milliseconds. */
  record(rows: number, ms: number): void;
}

/** @param fixed the batch size that the caller asked for; null: measure */
export function createBatchSize(fixed: number | null): BatchSize {
  if (fixed !== null) return { limit: () => fixed, record: () => undefined };
  // Indexed by log2 of the batch size: best milliseconds per row, and number of tries.
  const bestMs: number[] = [];
  const tries: number[] = [];
  let level = 1;
  let settled = false;

  return {
    limit: () => 2 ** level,
    record(rows, ms) {
      if (settled || rows < 1) return;
      const at = Math.floor(Math.log2(rows));
      bestMs[at] = Math.min(bestMs[at] ?? Infinity, ms / rows);
      tries[at] = (tries[at] ?? 0) + 1;
      if (at !== level) return;
      if (2 ** level >= MAX_BATCH) {
        settled = true;
        return;
      }
      const halfMs = bestMs[at - 1] ?? Infinity;
      const pays = ms < CHEAP_MS || (bestMs[at] ?? 0) <= WORTH * halfMs;
      if (pays) level += 1;
      else if ((tries[at] ?? 0) >= Math.max(TRIES, TRIES_MS / (halfMs * 2 ** level))) {
        level -= 1;
        settled = true;
      }
    },
  };
}
