import { decodeChunk, layout, listVersions, pointTo, sha256Hex } from '@perigee/registry';
import type { ChannelFile, Manifest } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { changeChannels, nextChannels, writeTarget } from './channels.ts';
import type { ChannelContent } from './channels.ts';
import { NO_DELTAS, writeDeltas } from './make-deltas.ts';
import type { Deltas } from './make-deltas.ts';
import { withWriter } from './destination.ts';
import type { Folder } from './folder.ts';
import { refuseReturn } from './moves.ts';
import { commitMetadata, openRegistry, readChannels } from './registry.ts';
import type { OpenRegistry, Publisher } from './registry.ts';
import type { StoredObject, StoredRelease } from './release-folder.ts';

/** Result of `publish()` and `promote()`. */
export interface PublishResult {
  readonly changed: boolean;
  readonly metadataVersion: number;
  readonly channels: ChannelFile['channels'];
  readonly objectsWritten: number;
  /** Deltas from earlier versions that were written. */
  readonly deltas: Deltas;
}

export interface MoveOptions {
  /** The reason, for the log. */
  readonly note?: string | undefined;
  /** Allow a version that the channel left before. */
  readonly force?: boolean;
}

/**
 * Publishes a release to a registry and points `channel` to it. It writes the objects first, then
 * the manifest, then the signed metadata from the bottom up, with the timestamp last. A concurrent
 * reader sees the old registry or the new one.
 * @param channel null to publish without a channel
 * @param progress is called with the current step, in words
 * @throws CommandError when there is no registry, the version is already published with other
 * bytes, an object of the release is damaged, or keys are missing
 * @example
 * ```ts
 * const release = await readRelease('releases', 'digits', '1.0.0');
 * await publish(release, { to: 'registry', keys }, 'canary');
 * ```
 */
export async function publish(
  release: StoredRelease,
  publisher: Publisher,
  channel: string | null,
  progress: (text: string) => void = () => undefined,
  { note, force = false }: MoveOptions = {},
): Promise<PublishResult> {
  return withWriter(publisher.to, async (folder) => {
    const registry = await openRegistry(folder);
    const { state } = registry;
    const { manifest, manifestBytes } = release;
    const sha256 = await sha256Hex(manifestBytes);
    const published = listVersions(state, manifest.name).get(manifest.version);
    if (published && published.sha256 !== sha256) {
      throw new CommandError(
        `${manifest.name}@${manifest.version} is already in ${publisher.to}, with other ` +
          'content. A published version never changes: raise the version.',
      );
    }

    const point = await pointing(registry, manifest, channel, force);
    progress(`writing ${release.objects.length} objects`);
    let objectsWritten = 0;
    for (const object of release.objects)
      objectsWritten += (await writeObject(folder, release, object)) ? 1 : 0;
    progress('comparing with earlier versions');
    const deltas = published ? NO_DELTAS : await writeDeltas(folder, state, release, sha256);
    const path = layout.manifestTarget(manifest.name, manifest.version);
    await folder.write(layout.target(path, sha256), manifestBytes);

    const { file, target } = await nextChannels(registry, manifest.name, point, publisher, note);
    if (published && !target)
      return {
        changed: false,
        metadataVersion: state.version,
        channels: file.channels,
        objectsWritten,
        deltas,
      };
    if (target) await writeTarget(folder, target);
    const metadataVersion = await commitMetadata(
      registry,
      {
        ...(!published && {
          targets: { ...state.targets, [path]: { length: manifestBytes.byteLength, sha256 } },
        }),
        ...(target && { channels: { ...state.channels, [target.path]: target.entry } }),
      },
      publisher,
    );
    return { changed: true, metadataVersion, channels: file.channels, objectsWritten, deltas };
  });
}

/**
 * Writes an object. Returns false if the registry already has it intact; a damaged one is replaced.
 */
async function writeObject(
  registry: Folder,
  { folder }: StoredRelease,
  object: StoredObject,
): Promise<boolean> {
  const existing = await registry.read(object.path);
  if (existing && (await isWhole(object, existing))) return false;
  const bytes = await folder.read(object.path);
  if (!bytes)
    throw new CommandError(
      `The packed release in ${folder.path} lacks ${object.path}; pack it again.`,
    );
  if (!(await isWhole(object, bytes)))
    throw new CommandError(
      `${object.path} of the packed release in ${folder.path} is damaged: it does not match ` +
        'its manifest. Pack it again.',
    );
  await registry.write(object.path, bytes);
  return true;
}

async function isWhole({ chunk }: StoredObject, bytes: Uint8Array): Promise<boolean> {
  return (
    bytes.byteLength === chunk.wireBytes &&
    decodeChunk(chunk, bytes).then(
      () => true,
      () => false,
    )
  );
}

/**
 * The edit that points a channel to a version. A channel that already names the version keeps its
 * rollout.
 * @throws CommandError for a version that the channel left before, unless `force` is set
 */
async function pointing(
  registry: OpenRegistry,
  { name, version }: Pick<Manifest, 'name' | 'version'>,
  channel: string | null,
  force: boolean,
): Promise<(before: ChannelFile) => ChannelContent> {
  if (channel === null) return (before) => before;
  const file = await readChannels(registry, name);
  const current = file?.channels[channel];
  if (current?.version === version) return (before) => before;
  if (file && current?.rollout?.version !== version)
    await refuseReturn(registry, file, { channel, version, force });
  return (before) => ({
    ...before,
    channels: { ...before.channels, [channel]: pointTo(current, version) },
  });
}

/**
 * Points a channel to a published version, and ends a rollout of another version on it.
 * @throws CommandError when the version is not published, or the channel left it before and `force`
 * is not set
 * @example
 * ```ts
 * await promote({ to: 'registry', keys }, 'digits', '1.0.0', 'stable');
 * ```
 */
export async function promote(
  publisher: Publisher,
  name: string,
  version: string,
  channel: string,
  { note, force = false }: MoveOptions = {},
): Promise<PublishResult> {
  const { changed, metadataVersion, file } = await changeChannels(
    publisher,
    name,
    async (before, _versions, registry) =>
      (await pointing(registry, { name, version }, channel, force))(before),
    note,
  );
  return {
    changed,
    metadataVersion,
    channels: file.channels,
    objectsWritten: 0,
    deltas: NO_DELTAS,
  };
}
