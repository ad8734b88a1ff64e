import type { ChannelFile } from '../channel/channel.ts';
import { RegistryError } from '../error.ts';
import { layout, parseChannelTarget, parseManifestTarget } from '../layout.ts';
import type { Sha256 } from '../manifest/manifest.ts';
import { formatModelRef } from '../model-ref.ts';
import type { ModelRef } from '../model-ref.ts';
import { compareVersion, newestInRange } from '../version.ts';
import type { RegistryState } from './build-metadata.ts';

/** An object to fetch, with what it must be. */
export interface ResolvedTarget {
  /** Relative to the registry's base URL. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
}

export interface ResolvedVersion extends ResolvedTarget {
  readonly version: string;
  /** Why this one, in words. */
  readonly reason: string;
}

/** @throws RegistryError MODEL_NOT_FOUND listing the models there are */
export function resolveChannelFile({ channels }: RegistryState, name: string): ResolvedTarget {
  for (const [path, { length, sha256 }] of Object.entries(channels)) {
    if (parseChannelTarget(path)?.name === name) return { path: layout.target(path), sizeBytes: length, sha256: sha256 as Sha256 };
  }
  const known = Object.keys(channels).flatMap((path) => parseChannelTarget(path)?.name ?? []);
  throw new RegistryError('MODEL_NOT_FOUND', `The registry has no model "${name}" with channels. It has: ${known.toSorted().join(', ') || 'none'}.`, { details: { name, known } });
}

/** @throws RegistryError MODEL_NOT_FOUND listing the channels or versions there are */
export function resolveVersion(state: RegistryState, channelFile: ChannelFile | null, ref: ModelRef): ResolvedVersion {
  const versions = listVersions(state, ref.name);
  const { selector } = ref;
  if (selector.kind === 'range') {
    const version = newestInRange([...versions.keys()], selector.range);
    const found = version === undefined ? undefined : versions.get(version);
    if (!version || !found) throw notFound(ref, `no version is in the range ${selector.range}`, [...versions.keys()].toSorted(compareVersion));
    return { ...found, version, reason: `newest version in ${selector.range}` };
  }
  const pointed = channelFile && Object.hasOwn(channelFile.channels, selector.channel) ? channelFile.channels[selector.channel] : undefined;
  if (!pointed) throw notFound(ref, `there is no channel "${selector.channel}"`, Object.keys(channelFile?.channels ?? {}));
  const found = versions.get(pointed.version);
  if (!found) throw notFound(ref, `channel "${selector.channel}" names ${pointed.version}, which the registry does not list`, [...versions.keys()]);
  return { ...found, version: pointed.version, reason: `channel ${selector.channel}` };
}

/** Versions of a model in the registry, each with its manifest. */
export function listVersions({ targets }: RegistryState, name: string): Map<string, ResolvedTarget> {
  const versions = new Map<string, ResolvedTarget>();
  for (const [path, { length, sha256 }] of Object.entries(targets)) {
    const target = parseManifestTarget(path);
    if (target?.name === name) versions.set(target.version, { path: layout.target(path), sizeBytes: length, sha256: sha256 as Sha256 });
  }
  return versions;
}

function notFound(ref: ModelRef, why: string, known: readonly string[]): RegistryError {
  return new RegistryError('MODEL_NOT_FOUND', `${formatModelRef(ref)} is not in the registry: ${why}. There is: ${known.join(', ') || 'nothing'}.`, { details: { known } });
}
