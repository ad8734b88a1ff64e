import type { Profile } from '@perigee/profile';
import { addInto, ownCopy } from '@perigee/profile/analysis';

/**
 * The sum of profiles whose histograms have the same lengths, with the key of the first. It may be
 * the first itself, so its counts must not be changed.
 */
export function addedUp([first, ...rest]: readonly [Profile, ...Profile[]]): Profile {
  return rest.length === 0 ? first : rest.reduce(addInto, ownCopy(first));
}
