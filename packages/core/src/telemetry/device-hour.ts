import type { Profile } from '@perigee/profile';
import type { ModelStore } from '../store/store.ts';

/** Bits that record what this device has already counted for a version's hour. */
const COUNTED = 1;
const FAILED = 2;
const PREFIX = 'telemetry:hour:';
/** Records are kept this long. A profile that arrives later would count as another device-hour. */
const KEPT_HOURS = 48;

/**
 * Counts each device-hour once, and one failed session in it once, whichever worker, tab or backend
 * has the first profile. Resolves to the profile with its contribution to both counts.
 */
export async function asDeviceHour(store: ModelStore, profile: Profile): Promise<Profile> {
  const { model, version, hour } = profile.key;
  const key = `${PREFIX}${hour}:${model}@${version}`;
  for (;;) {
    const value = await store.getValue(key);
    const before = Number(value ?? 0);
    const now = before | COUNTED | (profile.failedDevices > 0 ? FAILED : 0);
    const isRecorded =
      now === before ||
      (await store.changeValues([{ key, value }], {
        ...(before === 0 && (await oldHours(store, hour))),
        [key]: now,
      }));
    if (isRecorded) {
      const added = now - before;
      return { ...profile, devices: added & COUNTED, failedDevices: (added & FAILED) / FAILED };
    }
  }
}

/** Returns the records that are too old, as deletions. */
async function oldHours(store: ModelStore, hour: number): Promise<Record<string, undefined>> {
  const isOld = (key: string): boolean =>
    Math.abs(Number.parseInt(key.slice(PREFIX.length), 10) - hour) > KEPT_HOURS;
  const keys = (await store.listValues(PREFIX)).filter(isOld);
  return Object.fromEntries(keys.map((key) => [key, undefined]));
}
