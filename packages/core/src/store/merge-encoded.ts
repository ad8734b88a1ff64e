import { decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';

/** The sum of two encoded profiles of this device, which stays one device; what is there already may be absent. */
export function mergeEncoded(stored: unknown, added: Uint8Array): Uint8Array {
  if (!(stored instanceof Uint8Array)) return added;
  return encodeProfile({ ...mergeProfiles(decodeProfile(stored), decodeProfile(added)), devices: 1 });
}
