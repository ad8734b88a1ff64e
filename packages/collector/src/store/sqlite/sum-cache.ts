import { binCount } from '@perigee/profile';
import type { StoredSum } from './sum-rows.ts';

/**
 * Bound of cached counts. The cache holds the sums that uploads currently add to, a few hundred
 * keys, so that commits need not read and decode them again.
 */
const MAX_BINS = 2 ** 22;

export interface SumCache {
  get(key: string): StoredSum | undefined;
  set(key: string, sum: StoredSum): void;
  /** Call after a failed transaction. */
  clear(): void;
}

/**
 * LRU cache of sums, up to 32 MiB of counts. Correct only because the store has a single writer.
 */
export function createSumCache(): SumCache {
  /** `bins`: the size when the sum was set. A sum grows in place while uploads are added to it. */
  const sums = new Map<string, { readonly sum: StoredSum; readonly bins: number }>();
  let bins = 0;
  const remove = (key: string): void => {
    bins -= sums.get(key)?.bins ?? 0;
    sums.delete(key);
  };
  return {
    get: (key) => sums.get(key)?.sum,
    set(key, sum) {
      remove(key);
      const size = binCount(sum.profile);
      sums.set(key, { sum, bins: size });
      bins += size;
      for (const oldest of sums.keys()) {
        if (bins <= MAX_BINS || oldest === key) break;
        remove(oldest);
      }
    },
    clear() {
      sums.clear();
      bins = 0;
    },
  };
}
