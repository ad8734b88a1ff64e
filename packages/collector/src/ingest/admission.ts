import type { SealedBatch } from '@perigee/profile';
import { HttpError } from '../http/http-error.ts';
import { binCount } from '@perigee/profile';

/** Limit of the counts of all waiting uploads, as binCount() weighs them: about 256 MiB. */
const MAX_BINS = 2 ** 25;
/** Fixed cost of an upload in counts, which bounds the number of small uploads that wait. */
const UPLOAD_BINS = 2 ** 14;
const RETRY_AFTER_SECONDS = 5;

/**
 * Runs `work` for a decoded batch if there is room for it.
 * @throws HttpError 503 with Retry-After if not
 */
export type Admit = <T>(batch: SealedBatch, work: () => Promise<T>) => Promise<T>;

/**
 * Bounds the memory of uploads that wait for the registry or the store. A kilobyte can unpack to
 * millions of counts, so neither bytes nor the number of requests bounds memory. If nothing else
 * waits, a batch of any size is admitted; the codec bounds its size.
 */
export function createAdmission(): Admit {
  let used = 0;
  return async (batch, work) => {
    const cost = UPLOAD_BINS + totalBins(batch);
    if (used > 0 && used + cost > MAX_BINS)
      throw new HttpError(
        503,
        'BUSY',
        'More uploads wait than the collector takes at once; try again later.',
        RETRY_AFTER_SECONDS,
      );
    used += cost;
    try {
      return await work();
    } finally {
      used -= cost;
    }
  };
}

function totalBins({ profiles }: SealedBatch): number {
  return profiles.reduce((sum, profile) => sum + binCount(profile), 0);
}
