import { ProfileError } from '../error.ts';
import { ownCopy } from './counts.ts';
import { keyText } from './key.ts';
import { COUNTS } from './layout.ts';
import type { Profile } from './layout.ts';

/**
 * The sum of two profiles with the same key. It is integer addition, so order and grouping do not
 * matter. Sums are exact up to 2^53 − 1 and stay there.
 * @throws ProfileError INVALID_INPUT when keys or shapes differ
 * @example
 * ```ts
 * const sum = profiles.reduce(mergeProfiles);
 * ```
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (keyText(a.key) !== keyText(b.key))
    throw new ProfileError(
      'INVALID_INPUT',
      `Profiles of ${keyText(a.key)} and ${keyText(b.key)} cannot be added.`,
    );
  return addProfiles(a, b);
}

/**
 * The sum of two profiles of one reference whose other key fields may differ. It has the key of
 * `a`. For sums over time windows.
 * @throws ProfileError INVALID_INPUT when shapes differ
 * @example
 * ```ts
 * const day = hours.reduce(addProfiles);
 * ```
 */
export function addProfiles(a: Profile, b: Profile): Profile {
  return addInto(ownCopy(a), b);
}

/**
 * Adds like `addProfiles()`, but changes `sum`, for sums of thousands of profiles. Returns `sum`.
 * The arrays and objects of `sum` must not be shared: start with an `ownCopy()`, because a decoded
 * profile may share its arrays.
 * @throws ProfileError INVALID_INPUT like `addProfiles()`; some of the counts may then have been
 * added
 * @example
 * ```ts
 * for (const profile of rest) addInto(sum, profile);
 * ```
 */
export function addInto(sum: Profile, profile: Profile): Profile {
  COUNTS.addInto(sum, profile);
  return sum;
}
