import type { Profile } from '@perigee/profile';
import { cellsOf } from '../cells.ts';

/** Sums that uploads are being added to now: some hundred keys, which would be read and decoded again at every commit. */
const MAX_CELLS = 2 ** 22;

export interface CachedSum {
  /** With arrays of its own, so that more can be added into them. */
  readonly profile: Profile;
  readonly profiles: number;
}

export interface SumCache {
  get(key: string): CachedSum | undefined;
  set(key: string, sum: CachedSum): void;
  /** After a transaction that did not happen. */
  clear(): void;
}

/** What was used last stays, up to 32 MiB of counts. Right only because the store has one writer. */
export function createSumCache(): SumCache {
  const sums = new Map<string, CachedSum>();
  let cells = 0;
  const remove = (key: string): void => {
    const sum = sums.get(key);
    if (!sum) return;
    cells -= cellsOf(sum.profile);
    sums.delete(key);
  };
  return {
    get: (key) => sums.get(key),
    set(key, sum) {
      remove(key);
      sums.set(key, sum);
      cells += cellsOf(sum.profile);
      for (const oldest of sums.keys()) {
        if (cells <= MAX_CELLS || oldest === key) break;
        remove(oldest);
      }
    },
    clear() {
      sums.clear();
      cells = 0;
    },
  };
}
