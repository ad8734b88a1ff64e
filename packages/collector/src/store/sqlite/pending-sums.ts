import { binCount, keyText } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';
import { createSumCache } from './sum-cache.ts';
import type { StoredSum, SumRows } from './sum-rows.ts';

/**
 * How long uploads stay in the journal before they are added to the rows. Each row is then written
 * once per interval instead of once per commit.
 */
const FLUSH_MS = 2_000;
/**
 * Limit of counts waiting in memory: 32 MiB. It also bounds what must be read again after a crash.
 */
const MAX_BINS = 2 ** 22;
const MAX_PROFILES = 20_000;

interface PendingSum extends StoredSum {
  /** Number of counts of the profile. */
  readonly bins: number;
}

/** Sums that are newer than their rows, and a cache of sums that are as in their rows. */
export interface PendingSums {
  add(profile: Profile): void;
  isEmpty(): boolean;
  /** True if so much is pending, or for so long, that it should be written. */
  isDue(): boolean;
  write(): void;
  /** Caches the written sums. Call it after the transaction of write() has committed. */
  settle(): void;
  /** Call when rows change in another way than by write(). */
  clearCache(): void;
  /** Forgets all sums, cached ones too. */
  clear(): void;
}

export function createPendingSums(rows: SumRows): PendingSums {
  const sums = new Map<string, PendingSum>();
  const cache = createSumCache();
  /** Approximate number of counts in the sums. */
  let bins = 0;
  /** Number of profiles that were added. */
  let profiles = 0;
  let settledAtMs = Date.now();

  function add(profile: Profile): void {
    const key = keyText(profile.key);
    const known = sums.get(key);
    const sum = known ?? cache.get(key) ?? rows.read(profile.key);
    const added = sum ? addInto(sum.profile, profile) : ownCopy(profile);
    const size = binCount(added);
    sums.set(key, { profile: added, profiles: (sum?.profiles ?? 0) + 1, bins: size });
    // A sum grows when an upload has error codes or cells of the confusion matrix that are new to
    // it.
    bins += size - (known?.bins ?? 0);
    profiles += 1;
  }

  function empty(): void {
    sums.clear();
    [bins, profiles] = [0, 0];
  }

  return {
    add,
    isEmpty: () => sums.size === 0,
    isDue: () => bins > MAX_BINS || profiles > MAX_PROFILES || Date.now() - settledAtMs > FLUSH_MS,
    write() {
      for (const sum of sums.values()) rows.write(sum);
    },
    settle() {
      for (const [key, sum] of sums) cache.set(key, sum);
      empty();
      settledAtMs = Date.now();
    },
    clearCache: () => cache.clear(),
    clear() {
      cache.clear();
      empty();
    },
  };
}
