import { createCounters } from '@perigee/profile';
import type { Counters, Profile, ReferenceProfile } from '@perigee/profile';
import { fleetOf } from './fleet.ts';
import type { Watched } from './watched.ts';

export const HOUR = 490_000;

/** What devices of each group counted, by their own counters. */
export function profilesOf(reference: ReferenceProfile, count: (counters: Counters, group: number) => void, groups = 16): Profile[] {
  return Array.from({ length: groups }, (_, group) => {
    const counters = createCounters(reference);
    count(counters, group);
    return counters.snapshot({ model: 'shop', version: '1.0.0', reference: 'r', backend: 'wasm', browser: 'chromium', segment: '', sampling: 0, privacy: 0, group, hour: HOUR });
  });
}

/** One version's window of such devices, as the monitor looks at it. */
export function watchedOf(reference: ReferenceProfile, count: (counters: Counters, group: number) => void, groups = 16): Watched {
  const fleet = fleetOf(profilesOf(reference, count, groups));
  if (!fleet) throw new Error('a fleet needs a profile');
  return { model: 'shop', version: '1.0.0', segment: '', fleet, reference: { id: 'r', profile: reference }, comparison: null, past: null, fromHour: HOUR, toHour: HOUR + 1 };
}
