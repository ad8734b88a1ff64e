import { randomUUID } from 'node:crypto';
import { resolveVersion, rolloutBucket } from '@perigee/registry';
import type { ModelRef, ResolvedVersion } from '@perigee/registry';
import { readChannels } from './registry.ts';
import type { OpenRegistry } from './registry.ts';

/** The version of a device. */
export interface DeviceVersion extends Pick<ResolvedVersion, 'version' | 'reason' | 'arm'> {
  /** The device's bucket in the channel's rollout, if there is one. */
  readonly bucket?: number;
  /** Percent of the devices that the rollout reaches. */
  readonly rolloutPercent?: number;
}

/** The version that a reference means on the device with this install id. */
export async function versionOfDevice(
  registry: OpenRegistry,
  ref: ModelRef,
  installId: string,
): Promise<DeviceVersion> {
  const channels = (await readChannels(registry, ref.name)) ?? null;
  const device = { installId, now: new Date() };
  const { version, reason, arm } = await resolveVersion(registry.state, channels, ref, device);
  const { selector } = ref;
  const rollout =
    selector.kind === 'channel' ? channels?.channels[selector.channel]?.rollout : undefined;
  return {
    version,
    reason,
    ...(arm !== undefined && { arm }),
    ...(rollout && {
      bucket: await rolloutBucket(rollout.salt, installId),
      rolloutPercent: rollout.permyriad / 100,
    }),
  };
}

/**
 * Draws made-up devices.
 * @returns the number of devices by version and arm, the largest first
 */
export async function versionsOfDevices(
  registry: OpenRegistry,
  ref: ModelRef,
  devices: number,
): Promise<[version: string, devices: number][]> {
  const channels = (await readChannels(registry, ref.name)) ?? null;
  const counts = new Map<string, number>();
  for (let i = 0; i < devices; i += 1) {
    const device = { installId: randomUUID(), now: new Date() };
    const { version, arm } = await resolveVersion(registry.state, channels, ref, device);
    const key = arm === undefined ? version : `${version} (${arm})`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}
