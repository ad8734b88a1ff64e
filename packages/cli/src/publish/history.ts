import { CHANNELS_ROLE, layout, parseChannelFile, parseMetadata } from '@perigee/registry';
import type { Channel, ChannelFile } from '@perigee/registry';
import type { OpenRegistry } from './registry.ts';

export interface ChannelChange {
  /** Version of the channels role with this change. */
  readonly metadataVersion: number;
  readonly file: ChannelFile;
}

/**
 * Number of files to read at once. A registry that is signed nightly has hundreds of files, and a
 * network is slow.
 */
const AT_ONCE = 16;

/**
 * All states of a model's channels, oldest first. They are complete because metadata files are
 * never replaced. States whose files were deleted from the host are missing.
 */
export async function channelHistory(
  { folder, roles }: Pick<OpenRegistry, 'folder' | 'roles'>,
  name: string,
): Promise<ChannelChange[]> {
  const path = layout.channelTarget(name);
  const listed = await inGroups(
    Array.from({ length: roles.channels.version }, (_, i) => i + 1),
    async (version) => {
      const bytes = await folder.read(layout.channels(version));
      return {
        version,
        sha256:
          bytes &&
          parseMetadata(bytes, 'targets', CHANNELS_ROLE).signed.targets.get(path)?.hashes['sha256'],
      };
    },
  );
  const changed = listed.filter(
    ({ sha256 }, i) => sha256 !== undefined && sha256 !== listed[i - 1]?.sha256,
  );
  const changes = await inGroups(changed, async ({ version, sha256 = '' }) => {
    const document = await folder.read(layout.target(path, sha256));
    return document && { metadataVersion: version, file: parseChannelFile(document) };
  });
  return changes
    .filter((change) => change !== undefined)
    .filter(({ file }, i, all) => file.sequence !== all[i - 1]?.file.sequence);
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

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}
