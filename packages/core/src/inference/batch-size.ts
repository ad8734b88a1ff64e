/** Maximum number of calls that run together, unless the caller sets one. */
export const MAX_BATCH = 32;
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

export function fixedBatchSize(size: number): BatchSize {
  return { limit: () => size, record: () => undefined };
}

/**
 * Tries twice as many calls as long as that pays. The first runs of a session are slow, because its
 * code is compiled meanwhile, and a comparison with them favours every batch. So the size that was
 * found is reviewed: it is measured again, in turns with half of it, and must pay against that.
 */
export function measuredBatchSize(): BatchSize {
  // Indexed by log2 of the batch size: best milliseconds per row, and number of tries.
  let bestMs: number[] = [];
  let tries: number[] = [];
  let level = 1;
  let state: 'growing' | 'reviewed' | 'settled' = 'growing';

  const best = (at: number): number => bestMs[at] ?? Infinity;
  const isTried = (at: number): boolean =>
    (tries[at] ?? 0) >= Math.max(TRIES, TRIES_MS / (best(level - 1) * 2 ** level));
  const isCheap = (): boolean => best(level) * 2 ** level < CHEAP_MS;
  const pays = (): boolean => isCheap() || best(level) <= WORTH * best(level - 1);

  function review(): void {
    state = level === 0 || isCheap() ? 'settled' : 'reviewed';
    [bestMs, tries] = [[], []];
  }

  function grow(at: number): void {
    if (at !== level) return;
    if (!pays()) {
      if (!isTried(level)) return;
      level -= 1;
      review();
    } else if (2 ** level < MAX_BATCH) level += 1;
    else review();
  }

  function decide(): void {
    if (!isTried(level - 1) || !isTried(level)) return;
    if (pays()) state = 'settled';
    else {
      level -= 1;
      review();
    }
  }

  return {
    limit: () => 2 ** (state === 'reviewed' && !isTried(level - 1) ? level - 1 : level),
    record(rows, ms) {
      if (state === 'settled' || rows < 1) return;
      const at = Math.floor(Math.log2(rows));
      bestMs[at] = Math.min(best(at), ms / rows);
      tries[at] = (tries[at] ?? 0) + 1;
      if (state === 'growing') grow(at);
      else decide();
    },
  };
}
