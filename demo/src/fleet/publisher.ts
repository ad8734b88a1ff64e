import { withoutRollout } from '@perigee/collector/analysis';
import type { Running } from '@perigee/collector/analysis';
import { parseChannelFile, pointTo, startRollout, takeBack } from '@perigee/registry';
import type { Channel, ChannelFile } from '@perigee/registry';
import { CHANNEL, FIRST_VERSION, MODEL } from './releases.ts';

/** The channel file of a registry with one version. */
export function firstChannel(nowMs: number): ChannelFile {
  return checked({
    schema: 'perigee-channels/1',
    model: MODEL,
    sequence: 1,
    updatedAt: new Date(nowMs).toISOString(),
    channels: { [CHANNEL]: { version: FIRST_VERSION } },
  });
}

export function channelIn(file: ChannelFile): Channel {
  return file.channels[CHANNEL] ?? { version: FIRST_VERSION };
}

/** Rolls a version out to a share of the devices, or changes the share. */
export function rollOut(
  file: ChannelFile,
  version: string,
  percent: number,
  nowMs: number,
): ChannelFile {
  const channel = channelIn(file);
  const running = channel.rollout?.version === version ? channel.rollout : undefined;
  const rollout = {
    version,
    permyriad: Math.round(percent * 100),
    salt: running?.salt ?? `${MODEL}:${version}`,
    startAt: running?.startAt ?? new Date(nowMs).toISOString(),
  };
  return next(file, startRollout(channel, rollout), `${version} for ${percent} %`, nowMs);
}

/** Gives the version of the rollout to all devices. */
export function giveToAll(file: ChannelFile, nowMs: number): ChannelFile {
  const channel = channelIn(file);
  const version = channel.rollout?.version;
  return version === undefined ? file : next(file, pointTo(channel, version), version, nowMs);
}

/** Ends the rollout; without one, goes back to the version before. */
export function rollBack(
  file: ChannelFile,
  before: string | undefined,
  nowMs: number,
): ChannelFile {
  const channel = channelIn(file);
  const to = channel.rollout ? channel.version : (before ?? channel.version);
  if (!channel.rollout && to === channel.version) return file;
  return next(file, takeBack(channel, to), `back to ${to}`, nowMs);
}

/** The channel that the guard signs: without the rollout that does harm. */
export function halt(
  file: ChannelFile,
  running: Running,
  reason: string,
  nowMs: number,
): ChannelFile {
  const without = withoutRollout(file, running, 'halt', reason);
  return without === file ? file : next(file, channelIn(without), `guard: ${reason}`, nowMs);
}

function next(file: ChannelFile, channel: Channel, note: string, nowMs: number): ChannelFile {
  return checked({
    ...file,
    sequence: file.sequence + 1,
    updatedAt: new Date(nowMs).toISOString(),
    note: note.slice(0, 500),
    channels: { ...file.channels, [CHANNEL]: channel },
  });
}

/** The file as devices read it: written as JSON, parsed and checked. */
function checked(file: ChannelFile): ChannelFile {
  return parseChannelFile(new TextEncoder().encode(JSON.stringify(file)));
}
