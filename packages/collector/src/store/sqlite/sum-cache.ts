import { binCount } from '@perigee/profile';
import type { Profile } from '@perigee/profile';

/**
 * Bound of cached counts. The cache holds the sums that uploads currently add to, a few hundred
 * keys, so that commits need not read and decode them again.
 */
const MAX_BINS = 2 ** 22;

export interface CachedSum {
  /** Owns its arrays, so that counts can be added in place. */
  readonly profile: Profile;
  readonly profiles: number;
}

export interface SumCache {
  get(key: string): CachedSum | undefined;
  set(key: string, sum: CachedSum): void;
  /** Call after a failed transaction. */
  clear(): void;
}

/**
 * LRU cache of sums, up to 32 MiB of counts. Correct only because the store has a single writer.
 */
export function createSumCache(): SumCache {
  const sums = new Map<string, CachedSum>();
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
