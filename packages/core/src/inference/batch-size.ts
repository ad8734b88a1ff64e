/** Maximum number of calls that run together, unless the caller sets one. */
export const MAX_BATCH = 32;
/** A batch that takes less than this always pays: it saves the overhead around each run. */
const CHEAP_MS = 1;
/** A batch must cut the time per call to this share of the time in a batch of half the size. */
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
  /** Records that this many calls, of one or more rows each, ran together in `ms` milliseconds. */
  record(calls: number, ms: number): void;
}

export function fixedBatchSize(size: number): BatchSize {
  return { limit: () => size, record: () => undefined };
}

/**
 * Tries twice as many calls as long as that pays. The first runs of a session are slow, because its
 * code is compiled meanwhile, and a comparison with them favours every batch. So the size that was
 * found is reviewed: it is measured again, and must pay against calls alone.
 */
export function measuredBatchSize(): BatchSize {
  // Indexed by log2 of the batch size: best milliseconds per call, and number of tries.
  let bestMs: number[] = [];
  let tries: number[] = [];
  let level = 1;
  let state: 'growing' | 'reviewed' | 'settled' = 'growing';

  const best = (at: number): number => bestMs[at] ?? Infinity;
  /** The size that batches are compared with. */
  const base = (): number => (state === 'growing' ? level - 1 : 0);
  const isTried = (at: number): boolean =>
    (tries[at] ?? 0) >= Math.max(TRIES, TRIES_MS / (best(base()) * 2 ** level));
  const isCheap = (): boolean => best(level) * 2 ** level < CHEAP_MS;
  const pays = (): boolean => isCheap() || best(level) <= WORTH * best(base());

  function review(): void {
    state = level === 0 || isCheap() ? 'settled' : 'reviewed';
    [bestMs, tries] = [[], []];
  }

  function grow(): void {
    if (!pays()) {
      if (!isTried(level)) return;
      level -= 1;
      review();
    } else if (2 ** level < MAX_BATCH) level += 1;
    else review();
  }

  function decide(): void {
    if (!isTried(0) || !isTried(level)) return;
    if (!pays()) level -= 1;
    // Smaller sizes are compared with the same calls alone.
    if (pays() || level === 0) state = 'settled';
  }

  return {
    limit: () => (state === 'reviewed' && !isTried(0) ? 1 : 2 ** level),
    record(calls, ms) {
      if (state === 'settled') return;
      const at = Math.floor(Math.log2(calls));
      bestMs[at] = Math.min(best(at), ms / calls);
      tries[at] = (tries[at] ?? 0) + 1;
      if (state === 'reviewed') decide();
      else if (at === level) grow();
    },
  };
}
