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
/**
 * Sums are written shard by shard, because uploads wait while rows are written. A shard has the
 * sums of some device groups, and its own entries in the journal.
 */
const SHARDS = 8;
export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);
/** Enough rows for one commit: a row takes about 50 µs. */
const ROWS_AT_ONCE = 128;

interface PendingSum extends StoredSum {
  /** Number of counts of the profile. */
  readonly bins: number;
}

interface Shard {
  readonly sums: Map<string, PendingSum>;
  /** Approximate number of counts in the sums. */
  bins: number;
  /** Number of profiles that were added. */
  profiles: number;
  settledAtMs: number;
}

/** Sums that are newer than their rows, and a cache of sums that are as in their rows. */
export interface PendingSums {
  add(profile: Profile): void;
  isEmpty(): boolean;
  /** Shards that have sums. */
  filled(): readonly number[];
  /** The first of these shards, as many as are written at once. */
  together(shards: readonly number[]): readonly number[];
  /**
   * Shards that should be written now. One of which much is pending, or for long, comes first; the
   * others follow with later commits.
   */
  due(): readonly number[];
  write(shards: readonly number[]): void;
  /** Caches the written sums. Call it after the transaction of write() has committed. */
  settle(shards: readonly number[]): void;
  /** Call when rows change in another way than by write(). */
  clearCache(): void;
  /** Forgets all sums, cached ones too. */
  clear(): void;
}

/** The shard of a profile. A device has one group, so all of an upload is in one shard. */
export function shardOf({ key }: Pick<Profile, 'key'>): number {
  return key.group % SHARDS;
}

export function createPendingSums(rows: SumRows): PendingSums {
  const shards: readonly Shard[] = ALL_SHARDS.map(() => ({
    sums: new Map(),
    bins: 0,
    profiles: 0,
    settledAtMs: Date.now(),
  }));
  const cache = createSumCache();
  const of = (numbers: readonly number[]): Shard[] =>
    numbers.flatMap((shard) => shards[shard] ?? []);
  const total = (count: (shard: Shard) => number): number =>
    shards.reduce((sum, shard) => sum + count(shard), 0);

  function add(profile: Profile): void {
    const [shard] = of([shardOf(profile)]);
    if (!shard) throw new RangeError(`The group ${profile.key.group} has no shard.`);
    const key = keyText(profile.key);
    const known = shard.sums.get(key);
    const sum = known ?? cache.get(key) ?? rows.read(profile.key);
    const added = sum ? addInto(sum.profile, profile) : ownCopy(profile);
    const size = binCount(added);
    shard.sums.set(key, { profile: added, profiles: (sum?.profiles ?? 0) + 1, bins: size });
    // A sum grows when an upload has error codes or cells of the confusion matrix that are new to
    // it.
    shard.bins += size - (known?.bins ?? 0);
    shard.profiles += 1;
  }

  function due(): readonly number[] {
    if (total(({ bins }) => bins) > MAX_BINS || total(({ profiles }) => profiles) > MAX_PROFILES)
      return ALL_SHARDS;
    const now = Date.now();
    const late = ALL_SHARDS.filter((i) => of([i]).some((one) => now - one.settledAtMs > FLUSH_MS));
    return together(late.toSorted((a, b) => lateness(a) - lateness(b)));
  }

  function together(numbers: readonly number[]): readonly number[] {
    const found: number[] = [];
    let waiting = 0;
    for (const shard of numbers) {
      if (found.length > 0 && waiting + rowsIn(shard) > ROWS_AT_ONCE) break;
      found.push(shard);
      waiting += rowsIn(shard);
    }
    return found;
  }

  const lateness = (shard: number): number => shards[shard]?.settledAtMs ?? 0;
  const rowsIn = (shard: number): number => shards[shard]?.sums.size ?? 0;

  function empty(shard: Shard): void {
    shard.sums.clear();
    [shard.bins, shard.profiles] = [0, 0];
  }

  return {
    add,
    due,
    together,
    isEmpty: () => shards.every(({ sums }) => sums.size === 0),
    filled: () => ALL_SHARDS.filter((shard) => rowsIn(shard) > 0),
    write(numbers) {
      for (const { sums } of of(numbers)) for (const sum of sums.values()) rows.write(sum);
    },
    settle(numbers) {
      for (const shard of of(numbers)) {
        for (const [key, sum] of shard.sums) cache.set(key, sum);
        empty(shard);
        shard.settledAtMs = Date.now();
      }
    },
    clearCache: () => cache.clear(),
    clear() {
      cache.clear();
      for (const shard of shards) empty(shard);
    },
  };
}
