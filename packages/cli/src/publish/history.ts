import { CHANNELS_ROLE, layout, parseChannelFile, parseMetadata } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import type { OpenRegistry } from './registry.ts';

export interface ChannelChange {
  /** Version of the channels role that brought it. */
  readonly metadataVersion: number;
  readonly file: ChannelFile;
}

/** Every state the channels of a model had, oldest first: metadata files are never replaced. What was deleted from the host is left out. */
export async function channelHistory({ folder, roles }: Pick<OpenRegistry, 'folder' | 'roles'>, name: string): Promise<ChannelChange[]> {
  const changes: ChannelChange[] = [];
  const path = layout.channelTarget(name);
  for (let version = 1; version <= roles.channels.version; version += 1) {
    const bytes = await folder.read(layout.channels(version));
    const sha256 = bytes && parseMetadata(bytes, 'targets', CHANNELS_ROLE).signed.targets.get(path)?.hashes['sha256'];
    const document = sha256 === undefined ? undefined : await folder.read(layout.target(path, sha256));
    const file = document && parseChannelFile(document);
    if (file && file.sequence !== changes.at(-1)?.file.sequence) changes.push({ metadataVersion: version, file });
  }
  return changes;
}
