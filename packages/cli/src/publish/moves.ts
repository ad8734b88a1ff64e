import { blockedBy, LIMITS } from '@perigee/registry';
import type { Channel, ChannelFile, Rollout } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { channelHistory } from './history.ts';
import type { OpenRegistry } from './registry.ts';

/** A channel is to name a version, for all devices or for a share of them. */
export interface Move {
  readonly channel: string;
  readonly version: string;
  /** Allows a version that the channel left before. */
  readonly force: boolean;
}

/** The channel names this version for all devices. A rollout on it is over. */
export function pointTo({ takenBack = [] }: Channel | undefined = { version: '' }, version: string): Channel {
  return { version, ...withTaken(takenBack.filter((one) => one !== version)) };
}

export function startRollout({ version, takenBack = [] }: Channel, rollout: Rollout): Channel {
  return { version, rollout, ...withTaken(takenBack.filter((one) => one !== rollout.version)) };
}

/**
 * Ends a rollout and, with `to`, goes back to that version. The version that the channel gave
 * instead counts as taken back.
 */
export function takeBack({ version, rollout, takenBack = [] }: Channel, to = version): Channel {
  const left = [version, ...(rollout ? [rollout.version] : [])].filter((one) => one !== to);
  return { version: to, ...withTaken([...new Set([...takenBack.filter((one) => one !== to), ...left])]) };
}

function withTaken(versions: readonly string[]): Pick<Channel, 'takenBack'> {
  return versions.length > 0 ? { takenBack: versions.slice(-LIMITS.takenBack) } : {};
}

/**
 * An old job that runs again must not undo a later decision.
 * @throws CommandError for a version that must not run, and without `force` for one that the channel left before
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
    'If an old job ran again, nothing is to be done. If it is meant, say so with --force.';
  if (current.takenBack?.includes(version))
    throw new CommandError(
      `${model}@${version} was taken back from "${channel}", which names ${current.version} `
        + `now. ${again}`,
    );
  const states = await channelStates(registry, model, channel);
  if (!states.some((state) => state.version === version || state.rollout?.version === version))
    return;
  throw new CommandError(
    `"${channel}" of ${model} named ${version} before and names ${current.version} now. `
      + `${again} To go back: perigee rollback ${model} --version ${version} --channel ${channel}`,
  );
}

/** @throws CommandError for a version that no device may run */
export function refuseBlocked(file: ChannelFile, version: string): void {
  const why = blockedBy(file, version);
  if (why === null) return;
  const allow = file.revoked?.some((one) => one.version === version)
    ? ` To allow it again: perigee revoke ${file.model}@${version} --undo --reason "…"`
    : '';
  throw new CommandError(`${file.model}@${version} must not run on any device: ${why}.${allow}`);
}

/** @throws CommandError when there is no such channel */
export function channelOf({ model, channels }: ChannelFile, channel: string): Channel {
  const current = Object.hasOwn(channels, channel) ? channels[channel] : undefined;
  if (!current)
    throw new CommandError(
      `${model} has no channel "${channel}". There is: ${Object.keys(channels).join(', ') || 'none'}.`,
    );
  return current;
}

/**
 * The version that a rollback goes to. Undefined when the channel names that version already, so
 * that a second rollback changes nothing.
 * @throws CommandError when the channel named no other version that may run
 */
export async function rollbackTarget(
  registry: OpenRegistry,
  file: ChannelFile,
  channel: string,
): Promise<string | undefined> {
  const current = channelOf(file, channel);
  if (current.rollout) return current.version;
  const { takenBack = [] } = current;
  const states = await channelStates(registry, file.model, channel);
  const before = states.at(-2);
  const left = before?.version === current.version ? before.rollout?.version : before?.version;
  if (left !== undefined && takenBack.includes(left)) return undefined;
  const target = states.findLast(
    ({ version }) =>
      version !== current.version
      && !takenBack.includes(version)
      && blockedBy(file, version) === null,
  );
  if (target) return target.version;
  throw new CommandError(
    `"${channel}" of ${file.model} names ${current.version}, and named no other version `
      + 'before that may run. Say which: --version 1.0.0',
  );
}

/** The states of a channel, oldest first, each different from the one before. */
async function channelStates(registry: OpenRegistry, model: string, channel: string): Promise<Channel[]> {
  const states: Channel[] = [];
  for (const { file } of await channelHistory(registry, model)) {
    const state = file.channels[channel];
    const last = states.at(-1);
    if (
      state
      && !(
        last
        && last.version === state.version
        && last.rollout?.version === state.rollout?.version
      )
    )
      states.push(state);
  }
  return states;
}
