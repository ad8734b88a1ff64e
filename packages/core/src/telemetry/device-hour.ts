import type { Profile } from '@perigee/profile';
import type { ModelStore } from '../store/store.ts';

/** What this device has told of a version's hour: the sum of these. */
const COUNTED = 1;
const FAILED = 2;
const PREFIX = 'telemetry:hour:';
/** What is counted later than this under an hour would count as another device-hour. */
const KEPT_HOURS = 48;

/**
 * A device-hour is counted once, whichever worker, tab or backend has the first profile of it; so is
 * a failed session in it. Resolves to the profile with what it adds to both.
 */
export async function asDeviceHour(store: ModelStore, profile: Profile): Promise<Profile> {
  const { model, version, hour } = profile.key;
  const key = `${PREFIX}${hour}:${model}@${version}`;
  for (;;) {
    const value = await store.getValue(key);
    const told = Number(value ?? 0);
    const now = told | COUNTED | (profile.failedDevices > 0 ? FAILED : 0);
    const isTold = now === told || await store.changeValues(
      [{ key, value }], { ...(told === 0 && await oldHours(store, hour)), [key]: now },
    );
    if (isTold) {
      const added = now - told;
      return { ...profile, devices: added & COUNTED, failedDevices: (added & FAILED) / FAILED };
    }
  }
}

/** To be deleted. */
async function oldHours(store: ModelStore, hour: number): Promise<Record<string, undefined>> {
  const isOld = (key: string): boolean =>
    Math.abs(Number.parseInt(key.slice(PREFIX.length), 10) - hour) > KEPT_HOURS;
  const keys = (await store.listValues(PREFIX)).filter(isOld);
  return Object.fromEntries(keys.map((key) => [key, undefined]));
}
