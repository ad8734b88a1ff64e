import type { SealedBatch } from '@perigee/profile';
import { Refusal } from '../refusal.ts';
import { cellsOf } from '../store/cells.ts';

/** Histogram cells that may wait at once: 256 MiB. */
const MAX_CELLS = 2 ** 25;
/** What an upload costs besides its histograms, in cells; bounds how many small ones wait. */
const UPLOAD_CELLS = 2 ** 14;
const RETRY_AFTER_SECONDS = 5;

/** Runs `work` for a decoded batch while there is room for it. @throws Refusal 503 with Retry-After where not */
export type Admit = <T>(batch: SealedBatch, work: () => Promise<T>) => Promise<T>;

/**
 * Bounds the memory of uploads that wait for the registry or the store: one of a kilobyte can unpack to millions of counts, so neither bytes
 * nor requests say what it takes. A single batch is let in whatever its size; the codec bounds that.
 */
export function createAdmission(): Admit {
  let used = 0;
  return async (batch, work) => {
    const cost = UPLOAD_CELLS + totalCells(batch);
    if (used > 0 && used + cost > MAX_CELLS) throw new Refusal(503, 'BUSY', 'More uploads wait than the collector takes at once; try again later.', RETRY_AFTER_SECONDS);
    used += cost;
    try {
      return await work();
    } finally {
      used -= cost;
    }
  };
}

function totalCells({ profiles }: SealedBatch): number {
  return profiles.reduce((sum, profile) => sum + cellsOf(profile), 0);
}
