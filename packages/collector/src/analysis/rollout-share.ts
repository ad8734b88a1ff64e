import type { Channel, ChannelFile } from '@perigee/registry';

const ALL = 10_000;

/**
 * Share of devices that a rollout gives a version, from 0 to 1; null when none does. Null, too,
 * where another channel or an experiment gives one of the two versions to devices of its own:
 * uploads do not say which channel a device follows.
 */
export function rolloutShare(file: ChannelFile | undefined, version: string): number | null {
  const channels = Object.entries(file?.channels ?? {});
  const [name, { rollout, ...own }] =
    channels.find(([, channel]) => channel.rollout?.version === version) ?? NO_CHANNEL;
  if (!rollout) return null;
  const elsewhere = [
    ...channels.flatMap(([other, channel]) =>
      other === name ? [] : [channel.version, channel.rollout?.version]),
    ...(file?.experiments ?? []).flatMap(({ arms }) => arms.map((arm) => arm.version)),
  ];
  if (elsewhere.some((one) => one === version || one === own.version)) return null;
  return rollout.permyriad / ALL;
}

const NO_CHANNEL: readonly [string, Channel] = ['', { version: '' }];

/** Hours a change of a channel takes to reach the devices that are on. */
const SETTLING_HOURS = 24;

/** The hour from which on devices are split as the channels say now. */
export function shareSince(file: ChannelFile | undefined): number {
  const changedMs = Date.parse(file?.updatedAt ?? '');
  return Number.isNaN(changedMs) ? 0 : Math.floor(changedMs / 3_600_000) + SETTLING_HOURS;
}

/** The version a rollout is measured against; undefined for one that is not rolled out now. */
export function championOf(file: ChannelFile | undefined, version: string): string | undefined {
  return Object.values(file?.channels ?? {}).find((channel) => channel.rollout?.version === version)?.version;
}
