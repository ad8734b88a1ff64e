import { compareVersion } from '@perigee/registry';
import type { ChannelFile, Revocation } from '@perigee/registry';
import type { ChannelContent } from './channels.ts';

/** The channels with a version forbidden. A version has one reason; a new one replaces it. */
export function revokeVersion(before: ChannelFile, revocation: Revocation): ChannelContent {
  const { revoked = [] } = before;
  const { version, reason } = revocation;
  if (revoked.some((one) => one.version === version && one.reason === reason)) return before;
  return { ...before, revoked: [...revokedExcept(before, version), revocation] };
}

/** The channels with a version allowed again. */
export function allowVersion(before: ChannelFile, version: string): ChannelContent {
  return { ...before, revoked: revokedExcept(before, version) };
}

/** The channels with this security floor, unless theirs is higher: an old job may run again. */
export function raiseFloor(before: ChannelFile, version: string): ChannelContent {
  const isHigher = before.floor === undefined || compareVersion(version, before.floor) > 0;
  return isHigher ? { ...before, floor: version } : before;
}

function revokedExcept({ revoked = [] }: ChannelFile, version: string): Revocation[] {
  return revoked.filter((one) => one.version !== version);
}
