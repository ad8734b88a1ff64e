import { channelHistory as historyOf } from '@perigee/registry';
import type { Channel, ChannelChange } from '@perigee/registry';
import type { OpenRegistry } from './registry.ts';

/** All states of a model's channels, oldest first. */
export function channelHistory(
  { folder, roles }: Pick<OpenRegistry, 'folder' | 'roles'>,
  name: string,
): Promise<ChannelChange[]> {
  return historyOf((path) => folder.read(path), name, roles.channels.version);
}

/** The states of a channel, oldest first, each different from the one before. */
export async function channelStates(
  registry: OpenRegistry,
  model: string,
  channel: string,
): Promise<Channel[]> {
  const states: Channel[] = [];
  for (const { file } of await channelHistory(registry, model)) {
    const state = file.channels[channel];
    const last = states.at(-1);
    if (
      state &&
      !(last && last.version === state.version && last.rollout?.version === state.rollout?.version)
    )
      states.push(state);
  }
  return states;
}
