import { isAbsent, layout, listVersions, modelNames } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { openDestination } from './destination.ts';
import type { Folder } from './folder.ts';
import { openRegistry, readChannels } from './registry.ts';
import type { OpenRegistry } from './registry.ts';
import { openHost } from './read-host.ts';

/** A copy of a registry in a folder, a bucket, or a host. */
export interface Copy {
  readonly place: string;
  readonly registry: OpenRegistry;
  readonly versions: ReadonlyMap<string, readonly string[]>;
  readonly channels: ReadonlyMap<string, ChannelFile>;
}

/**
 * Opens a copy.
 * @throws CommandError when there is no registry, RegistryError when it does not verify
 */
export async function openCopy(place: string): Promise<Copy> {
  return copyOf(
    place,
    await openRegistry(/^https?:/.test(place) ? servedFolder(place) : openDestination(place)),
  );
}

export async function copyOf(place: string, registry: OpenRegistry): Promise<Copy> {
  const models = modelNames(registry.state);
  const files = new Map<string, ChannelFile>();
  for (const model of models) {
    const file = await readChannels(registry, model);
    if (file) files.set(model, file);
  }
  return {
    place,
    registry,
    versions: new Map(
      models.map((model) => [model, [...listVersions(registry.state, model).keys()]]),
    ),
    channels: files,
  };
}

/**
 * Checks that two places have the same first root.
 * @throws CommandError when they are copies of different registries
 */
export async function refuseStranger(own: Copy, other: Copy): Promise<void> {
  const [a, b] = await Promise.all(
    [own, other].map(({ registry }) => registry.folder.read(layout.root(1))),
  );
  if (Buffer.compare(a ?? Buffer.alloc(0), b ?? Buffer.alloc(0)) !== 0)
    throw new CommandError(
      `${other.place} is not a copy of ${own.place}: its ${layout.root(1)} differs.`,
    );
}

/** A sentence with a remedy for each item that `other` has and `own` lacks. */
export function lacksOf(own: Copy, other: Copy): string[] {
  const lacks: string[] = [];
  for (const [model, versions] of other.versions) {
    const here = own.versions.get(model) ?? [];
    for (const version of versions.filter((one) => !here.includes(one)))
      lacks.push(
        `lacks ${model}@${version}, which ${other.place} has. Publish it again from its packed ` +
          `release: perigee publish ${model}@${version} --no-channel --to <registry>`,
      );
  }
  for (const [model, { revoked = [], floor }] of other.channels) {
    const file = own.channels.get(model);
    for (const { version, reason } of revoked.filter(
      (one) => !file?.revoked?.some((known) => known.version === one.version),
    ))
      lacks.push(
        `does not forbid ${model}@${version}, but ${other.place} does: perigee revoke ` +
          `${model}@${version} --reason "${reason}" --to <registry>`,
      );
    if (floor !== undefined && floor !== file?.floor)
      lacks.push(
        `has ${file?.floor === undefined ? 'no floor' : `the floor ${file.floor}`} for ${model}, ` +
          `but ${other.place} has ${floor}: perigee revoke ${model} --below ${floor} --reason "…" --to <registry>`,
      );
  }
  return lacks;
}

function servedFolder(base: string): Folder {
  const host = openHost(base, new URL(base).origin);
  const read: Folder['read'] = async (path) => {
    const { status, bytes } = await host(path);
    if (status === 200) return bytes;
    if (isAbsent(path, status)) return undefined;
    throw new CommandError(`${base} answered ${status} for ${path}.`);
  };
  return {
    path: base,
    read,
    exists: async (path) => (await read(path)) !== undefined,
    write: () => Promise.reject(new CommandError(`${base} is read-only.`)),
  };
}
