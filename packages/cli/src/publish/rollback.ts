import { blockedBy, takeBack } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { ChannelContent } from './channels.ts';
import { channelStates } from './history.ts';
import { channelOf, refuseBlocked } from './moves.ts';
import type { Move } from './moves.ts';
import type { OpenRegistry } from './registry.ts';

/** A `Move` back. Without a version it goes to the version that the channel named before. */
export type RollbackRequest = Omit<Move, 'version'> & Partial<Pick<Move, 'version'>>;

/**
 * The channels after the rollback. They stay as they are if the channel already went back.
 * @throws CommandError when there is no version to go back to, or it must not run
 */
export async function rollBack(
  registry: OpenRegistry,
  before: ChannelFile,
  { channel, version, force }: RollbackRequest,
): Promise<ChannelContent> {
  const target =
    version === undefined
      ? await versionBefore(registry, before, channel)
      : givenTarget(before, { channel, version, force });
  if (target === undefined) return before;
  const current = channelOf(before, channel);
  return { ...before, channels: { ...before.channels, [channel]: takeBack(current, target) } };
}

/**
 * Checks the version that the caller chose.
 * @throws CommandError for a version that must not run; also for one that was rolled back, unless
 * `force` is set
 */
function givenTarget(before: ChannelFile, { channel, version, force }: Move): string {
  refuseBlocked(before, version);
  const current = channelOf(before, channel);
  if (current.takenBack?.includes(version) && !force)
    throw new CommandError(
      `${before.model}@${version} was rolled back from "${channel}", which now names ` +
        `${current.version}. To name it again, use --force.`,
    );
  return version;
}

/**
 * The target of a rollback. Undefined if the channel already names that version, so that a second
 * rollback changes nothing.
 * @throws CommandError when the channel never named another version that may run
 */
async function versionBefore(
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
      version !== current.version &&
      !takenBack.includes(version) &&
      blockedBy(file, version) === null,
  );
  if (target) return target.version;
  throw new CommandError(
    `"${channel}" of ${file.model} names ${current.version}, and named no other version ` +
      'before that may run. Choose one: --version 1.0.0',
  );
}
