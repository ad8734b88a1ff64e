import { BUCKETS, startRollout, takeBack } from '@perigee/registry';
import type { ChannelFile, Rollout } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { ChannelContent } from './channels.ts';
import { refuseReturn } from './moves.ts';
import type { OpenRegistry } from './registry.ts';

export interface RolloutRequest {
  readonly channel: string;
  /** The version that a share of the devices gets. */
  readonly version: string;
  /** Percent of the devices, above 0. */
  readonly percent: number;
  /** Other salts draw other devices. Default: `model:version`. */
  readonly salt?: string;
  /** ISO 8601. Devices get the version from this time on. */
  readonly startAt?: string;
  /** Allows a version that the channel left before, and a smaller share. */
  readonly force?: boolean;
}

/**
 * The channels with the rollout started, or with its share changed.
 * @throws CommandError for a rollout that is not possible; also for one that would undo a later
 * decision, unless `force` is set
 */
export async function rollOut(
  registry: OpenRegistry,
  before: ChannelFile,
  request: RolloutRequest,
): Promise<ChannelContent> {
  const { channel, version, percent, force = false } = request;
  const { model } = before;
  const { salt = `${model}:${version}` } = request;
  const current = before.channels[channel];
  if (!current)
    throw new CommandError(
      `${model} has no channel "${channel}" to start a rollout from. Its channels: ` +
        `${Object.keys(before.channels).join(', ') || 'none'}. Promote a version to it first.`,
    );
  if (current.version === version)
    throw new CommandError(
      `"${channel}" of ${model} already names ${version}, so all its devices get it. A rollout ` +
        'gives another version to a share of them.',
    );
  const permyriad = Math.round(percent * (BUCKETS / 100));
  const { rollout } = current;
  if (rollout?.version !== version)
    await refuseReturn(registry, before, { channel, version, force });
  else if (permyriad < rollout.permyriad && !force)
    throw new CommandError(
      `${model}@${version} already goes to ${rollout.permyriad / 100} % of "${channel}"; ` +
        `${percent} % would take it from devices. If an old job ran again, there is nothing to ` +
        'do. To lower the share on purpose, use --force; --percent 0 halts the rollout.',
    );
  const startAt = request.startAt ?? startOf(rollout, version, salt);
  const next: Rollout = { version, permyriad, salt, ...(startAt !== undefined && { startAt }) };
  return {
    ...before,
    channels: { ...before.channels, [channel]: startRollout(current, next) },
  };
}

/**
 * Start of the rollout. The collector compares versions from then on. Undefined for a rollout of an
 * older program, which did not record it: it began at an unknown time before now.
 */
function startOf(rollout: Rollout | undefined, version: string, salt: string): string | undefined {
  const now = new Date().toISOString();
  if (rollout?.version !== version || rollout.salt !== salt) return now;
  const { startAt } = rollout;
  return startAt !== undefined && Date.parse(startAt) > Date.parse(now) ? now : startAt;
}

/** The channels without the rollout of this version. A rollout of another version goes on. */
export function haltRollout(before: ChannelFile, channel: string, version: string): ChannelContent {
  const current = before.channels[channel];
  if (current?.rollout?.version !== version) return before;
  return { ...before, channels: { ...before.channels, [channel]: takeBack(current) } };
}
