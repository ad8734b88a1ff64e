import { decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';

/** The sum of two encoded profiles of this device, which stays one device-hour; what is there already may be absent. */
export function mergeEncoded(stored: unknown, added: Uint8Array): Uint8Array {
  if (!(stored instanceof Uint8Array)) return added;
  const sum = mergeProfiles(decodeProfile(stored), decodeProfile(added));
  const { devices, failedDevices } = sum;
  // An earlier version of the SDK took each part for a device-hour.
  return encodeProfile({ ...sum, devices: Math.min(1, devices), failedDevices: Math.min(1, failedDevices) });
}
