import type { ChannelFile } from '@perigee/registry';

/** Channels as text: `stable → 1.0.0 (1.1.0 to 5 %), canary → 1.1.0` */
export function channelsText(channels: ChannelFile['channels']): string {
  return Object.entries(channels)
    .map(
      ([channel, { version, rollout }]) =>
        `${channel} → ` +
        `${version}${rollout ? ` (${rollout.version} to ${rollout.permyriad / 100} %)` : ''}`,
    )
    .join(', ');
}
