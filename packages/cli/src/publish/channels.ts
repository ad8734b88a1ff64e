import { layout, listVersions, sha256Hex } from '@perigee/registry';
import type { ChannelFile, RegistryState } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { withWriter } from './destination.ts';
import type { Folder } from './folder.ts';
import { commitMetadata, openRegistry, readChannels } from './registry.ts';
import type { OpenRegistry, Publisher } from './registry.ts';

export type ChannelContent = Omit<ChannelFile, 'schema' | 'model' | 'sequence'>;
export type ChannelEdit = (
  file: ChannelFile,
  versions: readonly string[],
  registry: OpenRegistry,
) => ChannelContent | Promise<ChannelContent>;

export interface ChannelResult {
  readonly changed: boolean;
  readonly metadataVersion: number;
  readonly file: ChannelFile;
}

/**
 * Changes the versions that channels select, without changing any version. It needs the keys of
 * channels, snapshot and timestamp.
 * @param edit returns the new content; the same content changes nothing
 * @param note the reason, for the log
 * @throws CommandError when the model, or a version that is named, is not in the registry
 * @example
 * ```ts
 * await changeChannels(publisher, 'digits', (before) => ({ ...before, floor: '1.2.0' }), 'a fix');
 * ```
 */
export async function changeChannels(
  publisher: Publisher,
  name: string,
  edit: ChannelEdit,
  note?: string,
): Promise<ChannelResult> {
  return withWriter(publisher.to, async (folder) => {
    const registry = await openRegistry(folder);
    const versions = [...listVersions(registry.state, name).keys()];
    if (versions.length === 0)
      throw new CommandError(
        `${name} is not in ${publisher.to}: it has no version there. Publish one first.`,
      );
    const { file, target } = await nextChannels(
      registry,
      name,
      (before) => edit(before, versions, registry),
      publisher,
      note,
    );
    if (!target) return { changed: false, metadataVersion: registry.state.version, file };
    checkNamed(file, versions, publisher.to);
    await writeTarget(folder, target);
    return {
      changed: true,
      metadataVersion: await commitMetadata(
        registry,
        { channels: { ...registry.state.channels, [target.path]: target.entry } },
        publisher,
      ),
      file,
    };
  });
}

export interface ChannelTarget {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly entry: RegistryState['channels'][string];
}

/** The next channel file. `target` is absent if the edit changes nothing. */
export async function nextChannels(
  registry: OpenRegistry,
  name: string,
  edit: (before: ChannelFile) => ChannelContent | Promise<ChannelContent>,
  { now = new Date() }: Publisher,
  note?: string,
): Promise<{ readonly file: ChannelFile; readonly target?: ChannelTarget }> {
  const before = (await readChannels(registry, name)) ?? {
    schema: 'perigee-channels/1',
    model: name,
    sequence: 0,
    channels: {},
  };
  const edited = await edit(before);
  if (JSON.stringify(contentOf(edited)) === JSON.stringify(contentOf(before)))
    return { file: before };
  const file: ChannelFile = {
    schema: 'perigee-channels/1',
    model: name,
    sequence: before.sequence + 1,
    updatedAt: now.toISOString(),
    ...(note !== undefined && { note }),
    ...contentOf(edited),
  };
  return { file, target: await targetOf(name, file) };
}

export async function targetOf(name: string, file: ChannelFile): Promise<ChannelTarget> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(file, null, 1)}\n`);
  return {
    path: layout.channelTarget(name),
    bytes,
    entry: { length: bytes.byteLength, sha256: await sha256Hex(bytes) },
  };
}

export async function writeTarget(
  folder: Folder,
  { path, bytes, entry }: ChannelTarget,
): Promise<void> {
  await folder.write(layout.target(path, entry.sha256), bytes);
}

function contentOf({ channels, floor, revoked, experiments }: ChannelContent): ChannelContent {
  return {
    channels,
    ...(floor !== undefined && { floor }),
    ...(revoked?.length && { revoked }),
    ...(experiments?.length && { experiments }),
  };
}

/**
 * Checks that all named versions exist. A channel that names a missing version would leave devices
 * without a model.
 */
function checkNamed(
  { model, channels, experiments = [] }: ChannelFile,
  versions: readonly string[],
  to: string,
): void {
  const named = [
    ...Object.values(channels).flatMap(({ version, rollout }) =>
      rollout ? [version, rollout.version] : [version],
    ),
    ...experiments.flatMap(({ arms }) => arms.map(({ version }) => version)),
  ];
  const missing = named.find((version) => !versions.includes(version));
  if (missing !== undefined)
    throw new CommandError(`${model}@${missing} is not in ${to}. It has: ${versions.join(', ')}.`);
}
