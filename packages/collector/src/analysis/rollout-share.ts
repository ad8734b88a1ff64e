import type { Channel, ChannelFile } from '@perigee/registry';

const ALL = 10_000;

/**
 * The share of devices that a rollout gives to a version, 0 to 1; null without a rollout. Also null
 * if another channel or an experiment gives one of the two versions to devices: uploads do not say
 * which channel a device follows.
 */
export function rolloutShare(file: ChannelFile | undefined, version: string): number | null {
  const channels = Object.entries(file?.channels ?? {});
  const [name, { rollout, ...own }] =
    channels.find(([, channel]) => channel.rollout?.version === version) ?? NO_CHANNEL;
  if (!rollout) return null;
  const elsewhere = [
    ...channels.flatMap(([other, channel]) =>
      other === name ? [] : [channel.version, channel.rollout?.version],
    ),
    ...(file?.experiments ?? []).flatMap(({ arms }) => arms.map((arm) => arm.version)),
  ];
  if (elsewhere.some((one) => one === version || one === own.version)) return null;
  return rollout.permyriad / ALL;
}

const NO_CHANNEL: readonly [string, Channel] = ['', { version: '' }];

/** Hours until a change of a channel has reached the devices that are in use. */
const SETTLING_HOURS = 24;

/** The hour from which devices are split according to the current channel file. */
export function shareSince(file: ChannelFile | undefined): number {
  const changedMs = Date.parse(file?.updatedAt ?? '');
  return Number.isNaN(changedMs) ? 0 : Math.floor(changedMs / 3_600_000) + SETTLING_HOURS;
}

/**
 * The version that a rollout is compared with; undefined if this version is not being rolled out.
 */
export function championOf(file: ChannelFile | undefined, version: string): string | undefined {
  return Object.values(file?.channels ?? {}).find((channel) => channel.rollout?.version === version)
    ?.version;
}
