import { COUNTS } from './layout.ts';
import type { Profile } from './layout.ts';
import type { ProfileKey } from './key.ts';

/**
 * A profile of one device without counts and without reference. It serves events before a model
 * ran.
 * @example
 * ```ts
 * const failed = { ...emptyProfile(key), errors: { NETWORK: 1 } };
 * ```
 */
export function emptyProfile(key: ProfileKey): Profile {
  return { key, ...COUNTS.empty(), devices: 1 };
}

/**
 * A copy of a profile with `change(count)` for each count.
 * @example
 * ```ts
 * const estimated = mapCounts(profile, (count) => count * 2 ** profile.key.sampling);
 * ```
 */
export function mapCounts(profile: Profile, change: (count: number) => number): Profile {
  return { key: profile.key, ...COUNTS.map(profile, change) };
}

/**
 * A copy of a profile that shares no memory with it.
 * @example
 * ```ts
 * let sum = ownCopy(first);
 * ```
 */
export function ownCopy(profile: Profile): Profile {
  return { key: profile.key, ...COUNTS.copy(profile) };
}

/**
 * Number of bins and other counts of a profile, for bounds of memory. A cell of the confusion
 * matrix takes as much memory as four bins, so it counts as four.
 * @example
 * ```ts
 * const bytes = 8 * binCount(profile);
 * ```
 */
export function binCount(profile: Profile): number {
  return COUNTS.size(profile);
}
