import { encodeProfile, keyText } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { ModelStore } from '../store/store.ts';
import { asDeviceHour } from './device-hour.ts';

/** Prefix of open windows: counters that still grow, by profile key. */
export const WINDOW_PREFIX = 'telemetry:window:';

/** Adds a profile to its open window in the store, where it stays until it is sealed. */
export async function recordProfile(store: ModelStore, profile: Profile): Promise<void> {
  const counted = await asDeviceHour(store, profile);
  await store.mergeProfile(WINDOW_PREFIX + keyText(profile.key), encodeProfile(counted));
}
