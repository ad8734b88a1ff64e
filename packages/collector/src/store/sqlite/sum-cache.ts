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
  const sums = new Map<string, StoredSum>();
  let bins = 0;
  const remove = (key: string): void => {
    const sum = sums.get(key);
    if (!sum) return;
    bins -= binCount(sum.profile);
    sums.delete(key);
  };
  return {
    get: (key) => sums.get(key),
    set(key, sum) {
      remove(key);
      sums.set(key, sum);
      bins += binCount(sum.profile);
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
