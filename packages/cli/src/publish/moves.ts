import { blockedBy } from '@perigee/registry';
import type { Channel, ChannelFile } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { channelStates } from './history.ts';
import type { OpenRegistry } from './registry.ts';

/** Selects a version for a channel, for all devices or a share of them. */
export interface Move {
  readonly channel: string;
  readonly version: string;
  /** Allows a version that the channel left before. */
  readonly force: boolean;
}

/**
 * Refuses a version that the channel left before, so that an old job that is run again does not
 * undo a later decision.
 * @throws CommandError for a version that must not run; also for one that the channel left before,
 * unless `force` is set
 */
export async function refuseReturn(
  registry: OpenRegistry,
  file: ChannelFile,
  { channel, version, force }: Move,
): Promise<void> {
  const { model } = file;
  refuseBlocked(file, version);
  if (force) return;
  const current = Object.hasOwn(file.channels, channel) ? file.channels[channel] : undefined;
  if (!current) return;
  const again =
    'If an old job ran again, there is nothing to do. To do this on purpose, use --force.';
  if (current.takenBack?.includes(version))
    throw new CommandError(
      `${model}@${version} was rolled back from "${channel}", which now names ` +
        `${current.version}. ${again}`,
    );
  const states = await channelStates(registry, model, channel);
  if (!states.some((state) => state.version === version || state.rollout?.version === version))
    return;
  throw new CommandError(
    `"${channel}" of ${model} named ${version} before, and now names ${current.version}. ` +
      `${again} To go back: perigee rollback ${model} --version ${version} --channel ${channel}`,
  );
}

/**
 * Refuses a blocked version.
 * @throws CommandError for a version that no device may run
 */
export function refuseBlocked(file: ChannelFile, version: string): void {
  const why = blockedBy(file, version);
  if (why === null) return;
  const allow = file.revoked?.some((one) => one.version === version)
    ? ` To allow it again: perigee revoke ${file.model}@${version} --undo --reason "…"`
    : '';
  throw new CommandError(`${file.model}@${version} must not run on any device: ${why}.${allow}`);
}

/**
 * Finds a channel.
 * @throws CommandError when there is no such channel
 */
export function channelOf({ model, channels }: ChannelFile, channel: string): Channel {
  const current = Object.hasOwn(channels, channel) ? channels[channel] : undefined;
  if (!current)
    throw new CommandError(
      `${model} has no channel "${channel}". Its channels: ` +
        `${Object.keys(channels).join(', ') || 'none'}.`,
    );
  return current;
}
