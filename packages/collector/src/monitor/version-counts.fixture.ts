import { createCounters } from '@perigee/profile';
import type { Counters, Profile, ReferenceProfile } from '@perigee/profile';
import { fleetOf } from '../analysis/fleet.ts';
import type { VersionCounts } from './version-counts.ts';

export const HOUR = 490_000;

/** Profiles of each group, counted with the counters that devices use. */
export function profilesOf(
  reference: ReferenceProfile,
  count: (counters: Counters, group: number) => void,
  groups = 16,
): Profile[] {
  return Array.from({ length: groups }, (_, group) => {
    const counters = createCounters(reference);
    count(counters, group);
    return counters.snapshot({
      model: 'shop',
      version: '1.0.0',
      reference: 'r',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour: HOUR,
    });
  });
}

/** The window of one version with such profiles, as the monitor reads it. */
export function versionCountsOf(
  reference: ReferenceProfile,
  count: (counters: Counters, group: number) => void,
  groups = 16,
): VersionCounts {
  const fleet = fleetOf(profilesOf(reference, count, groups));
  if (!fleet) throw new Error('a fleet needs a profile');
  return {
    model: 'shop',
    version: '1.0.0',
    segment: '',
    fleet,
    reference: { id: 'r', profile: reference },
    comparison: null,
    past: null,
    fromHour: HOUR,
    toHour: HOUR + 1,
  };
}
