import type { ChannelFile } from '@perigee/registry';

const ALL = 10_000;

/** Share of devices that a rollout gives a version, from 0 to 1; null when none does. */
export function rolloutShare(file: ChannelFile | undefined, version: string): number | null {
  const rollout = Object.values(file?.channels ?? {}).find((channel) => channel.rollout?.version === version)?.rollout;
  return rollout ? rollout.permyriad / ALL : null;
}

/** A rollout that is under way: the channel's version and the one that a part of the devices gets. */
export interface RunningRollout {
  readonly channel: string;
  readonly champion: string;
  readonly challenger: string;
  readonly share: number;
}

export function runningRollouts(file: ChannelFile | undefined): RunningRollout[] {
  return Object.entries(file?.channels ?? {}).flatMap(([channel, { version, rollout }]) => (rollout && rollout.permyriad > 0 ? [{ channel, champion: version, challenger: rollout.version, share: rollout.permyriad / ALL }] : []));
}
