import { buildMetadata, decodeChunk, layout, listVersions, parseChannelFile, parseChannelTarget, refreshMetadata, resolveChannelFile, sha256Hex } from '@perigee/registry';
import type { ChannelFile, RegistryState } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { openFolder, withLock } from './folder.ts';
import type { Folder } from './folder.ts';
import type { StoredObject, StoredRelease } from './release-folder.ts';

export interface PublishResult {
  readonly changed: boolean;
  readonly metadataVersion: number;
  readonly channels: ChannelFile['channels'];
  readonly objectsWritten: number;
}

const EMPTY: RegistryState = { version: 0, targets: {}, channels: {} };

/**
 * Adds a release to the registry in a folder and, with `channel`, points the channel to it. Objects first, then the manifest, then metadata from
 * the bottom up with the timestamp last: whoever reads meanwhile sees the old registry or the new one.
 * @throws CommandError when the version is published already with other bytes, or an object of the release is damaged
 */
export async function publish(release: StoredRelease, root: string, channel: string | null, progress: (text: string) => void = () => undefined): Promise<PublishResult> {
  return withLock(root, async () => {
    const registry = openFolder(root);
    const state = await readState(registry);
    const { manifest, manifestBytes } = release;
    const sha256 = await sha256Hex(manifestBytes);
    const published = listVersions(state, manifest.name).get(manifest.version);
    if (published && published.sha256 !== sha256) {
      throw new CommandError(`${manifest.name}@${manifest.version} is in ${root} already, with other content. A published version never changes: raise the version.`);
    }

    progress(`writing ${release.objects.length} objects`);
    let objectsWritten = 0;
    for (const object of release.objects) objectsWritten += (await writeObject(registry, release, object)) ? 1 : 0;
    const path = layout.manifestTarget(manifest.name, manifest.version, sha256);
    await registry.write(layout.target(path), manifestBytes);
    const targets = { ...state.targets, [path]: { length: manifestBytes.byteLength, sha256 } };
    return commit(registry, { ...state, targets }, manifest.name, channel === null ? {} : { [channel]: manifest.version }, !published, objectsWritten);
  });
}

/** False when the registry has it already, whole; one that was damaged there is written anew. */
async function writeObject(registry: Folder, { folder }: StoredRelease, object: StoredObject): Promise<boolean> {
  const there = await registry.read(object.path);
  if (there && (await isWhole(object, there))) return false;
  const bytes = await folder.read(object.path);
  if (!bytes) throw new CommandError(`The packed release in ${folder.path} lacks ${object.path}; pack it again.`);
  if (!(await isWhole(object, bytes))) throw new CommandError(`${object.path} of the packed release in ${folder.path} is damaged: it is not what its manifest lists. Pack it again.`);
  await registry.write(object.path, bytes);
  return true;
}

async function isWhole({ chunk }: StoredObject, bytes: Uint8Array): Promise<boolean> {
  return bytes.byteLength === chunk.wireBytes && decodeChunk(chunk, bytes).then(() => true, () => false);
}

/** Points a channel to a version that is published already. */
export async function promote(root: string, name: string, version: string, channel: string): Promise<PublishResult> {
  const registry = openFolder(root);
  // Before the lock, which would make the folder.
  if (!(await registry.exists(layout.timestamp))) throw new CommandError(`${root} is no registry: it has no ${layout.timestamp}. Publish to it first.`);
  return withLock(root, async () => {
    const state = await readState(registry);
    const versions = listVersions(state, name);
    if (!versions.has(version)) throw new CommandError(`${name}@${version} is not in ${root}. There is: ${[...versions.keys()].join(', ') || 'no version of it'}.`);
    return commit(registry, state, name, { [channel]: version }, false, 0);
  });
}

async function commit(registry: Folder, state: RegistryState, name: string, moves: Readonly<Record<string, string>>, targetsChanged: boolean, objectsWritten: number): Promise<PublishResult> {
  const before = await readChannels(registry, state, name);
  const channels = { ...before?.channels, ...Object.fromEntries(Object.entries(moves).map(([channel, version]) => [channel, { version }])) };
  const channelsChanged = JSON.stringify(channels) !== JSON.stringify(before?.channels ?? {});
  if (!targetsChanged && !channelsChanged) return { changed: false, metadataVersion: state.version, channels, objectsWritten };

  let next = state;
  if (channelsChanged) {
    const file: ChannelFile = { schema: 'perigee-channels/1', model: name, sequence: (before?.sequence ?? 0) + 1, channels };
    const bytes = new TextEncoder().encode(`${JSON.stringify(file, null, 1)}\n`);
    const sha256 = await sha256Hex(bytes);
    const path = layout.channelTarget(name, sha256);
    await registry.write(layout.target(path), bytes);
    const others = Object.entries(state.channels).filter(([known]) => parseChannelTarget(known)?.name !== name);
    next = { ...state, channels: { ...Object.fromEntries(others), [path]: { length: bytes.byteLength, sha256 } } };
  }
  for (const { path, bytes } of await buildMetadata(next)) await registry.write(path, bytes);
  return { changed: true, metadataVersion: state.version + 1, channels, objectsWritten };
}

export async function readState(registry: Folder): Promise<RegistryState> {
  if (!(await registry.exists(layout.timestamp))) return EMPTY;
  return refreshMetadata(async (path) => {
    const bytes = await registry.read(path);
    if (!bytes) throw new CommandError(`The registry ${registry.path} is incomplete: ${path} is missing.`);
    return bytes;
  });
}

export async function readChannels(registry: Folder, state: RegistryState, name: string): Promise<ChannelFile | undefined> {
  if (!Object.keys(state.channels).some((path) => parseChannelTarget(path)?.name === name)) return undefined;
  const bytes = await registry.read(resolveChannelFile(state, name).path);
  return bytes && parseChannelFile(bytes);
}
