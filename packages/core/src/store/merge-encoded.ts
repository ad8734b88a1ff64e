import { decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';

/**
 * Adds two encoded profiles of this device; the sum remains one device-hour. `stored` may be
 * absent.
 */
export function mergeEncoded(stored: unknown, added: Uint8Array): Uint8Array {
  if (!(stored instanceof Uint8Array)) return added;
  const sum = mergeProfiles(decodeProfile(stored), decodeProfile(added));
  const { devices, failedDevices } = sum;
  // An earlier version of the SDK counted each part as a device-hour.
  return encodeProfile({
    ...sum,
    devices: Math.min(1, devices),
    failedDevices: Math.min(1, failedDevices),
  });
}
