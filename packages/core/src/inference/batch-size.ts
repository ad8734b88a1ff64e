/** Most calls that run together unless the caller says otherwise. */
const MAX_BATCH = 32;
/** A batch over this soon is worth it whatever a single run takes: what is saved is the cost around it. */
const CHEAP_MS = 1;
/** A larger batch must bring a row down to this share of what it costs in one of half the size… */
const WORTH = 0.92;
/** …judged by the best of so many tries. */
const TRIES = 3;

/** How many calls are worth running together, found by running them. */
export interface BatchSize {
  limit(): number;
  /** `rows` ran together in `ms`. */
  record(rows: number, ms: number): void;
}

/** @param fixed what the caller asked for; null: measure */
export function createBatchSize(fixed: number | null): BatchSize {
  if (fixed !== null) return { limit: () => fixed, record: () => undefined };
  // By log2 of the size: best milliseconds a row, and how often it was tried.
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
      const pays = ms < CHEAP_MS || (bestMs[at] ?? 0) <= WORTH * (bestMs[at - 1] ?? Infinity);
      if (pays) level += 1;
      else if ((tries[at] ?? 0) >= TRIES) {
        level -= 1;
        settled = true;
      }
    },
  };
}
