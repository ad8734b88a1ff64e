import { blockedBy, chooseFromChannel, revoked } from '../channel/choose-version.ts';
import type { Chooser, ChosenVersion } from '../channel/choose-version.ts';
import type { ChannelFile } from '../channel/channel.ts';
import { RegistryError } from '../error.ts';
import { layout, parseChannelTarget, parseManifestTarget } from '../layout.ts';
import type { Sha256 } from '../manifest/manifest.ts';
import { formatModelRef } from '../model-ref.ts';
import type { ModelRef } from '../model-ref.ts';
import { compareVersion, isVersion } from '../semver.ts';
import { newestInRange } from '../version.ts';
import type { RegistryState } from './registry-state.ts';

/** An object to fetch, with its expected size and digest. */
export interface ResolvedTarget {
  /** Relative to the registry's base URL. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
}

/** A version with the reason why it was chosen, and its manifest. */
export interface ResolvedVersion extends ResolvedTarget, ChosenVersion {}

/**
 * The channel file of a model.
 * @throws RegistryError MODEL_NOT_FOUND listing the known models
 * @example
 * ```ts
 * const { path, sizeBytes } = resolveChannelFile(state, 'digits');
 * ```
 */
export function resolveChannelFile({ channels }: RegistryState, name: string): ResolvedTarget {
  const path = layout.channelTarget(name);
  const found = channels[path];
  if (found) return resolved(path, found);
  const known = Object.keys(channels).flatMap((one) => parseChannelTarget(one) ?? []);
  throw new RegistryError(
    'MODEL_NOT_FOUND',
    `The registry has no model "${name}" with channels. It has: ` +
      `${known.toSorted().join(', ') || 'none'}.`,
    { details: { name, known } },
  );
}

/**
 * The version of a reference for a device. A range selects the newest version that may run. A
 * blocked exact version is refused.
 * @param channelFile of the model, or null if there is none; then only ranges resolve
 * @throws RegistryError MODEL_NOT_FOUND listing the known channels or versions; REVOKED
 * @example
 * ```ts
 * const ref = parseModelRef('digits@^1.2');
 * const { version } = await resolveVersion(state, file, ref, { installId, now: new Date() });
 * ```
 */
export async function resolveVersion(
  state: RegistryState,
  channelFile: ChannelFile | null,
  ref: ModelRef,
  chooser: Chooser,
): Promise<ResolvedVersion> {
  const versions = listVersions(state, ref.name);
  const chosen =
    ref.selector.kind === 'range'
      ? chooseFromRange([...versions.keys()], channelFile, ref, ref.selector.range)
      : await chooseFromChannel(channelFile ?? noChannels(ref), ref, ref.selector.channel, chooser);
  const found = versions.get(chosen.version);
  if (!found)
    throw notFound(
      ref,
      `${chosen.reason} names ${chosen.version}, which the registry does not list`,
      [...versions.keys()],
    );
  return { ...found, ...chosen };
}

function chooseFromRange(
  versions: readonly string[],
  channelFile: ChannelFile | null,
  ref: ModelRef,
  range: string,
): ChosenVersion {
  const why = (version: string): string | null =>
    channelFile ? blockedBy(channelFile, version) : null;
  const version = newestInRange(
    versions.filter((one) => why(one) === null),
    range,
  );
  if (version !== undefined)
    return {
      version,
      reason: isVersion(range) ? `the version ${range}` : `newest version in ${range}`,
    };
  const blocked = newestInRange(versions, range);
  if (blocked !== undefined) throw revoked(formatModelRef(ref), blocked, why(blocked) ?? '');
  throw notFound(
    ref,
    isVersion(range) ? `there is no version ${range}` : `no version is in the range ${range}`,
    versions.toSorted(compareVersion),
  );
}

function noChannels({ name }: ModelRef): ChannelFile {
  return { schema: 'perigee-channels/1', model: name, sequence: 1, channels: {} };
}

/**
 * Names of the models that have a version or channels in the registry, sorted.
 * @example
 * ```ts
 * modelNames(state); // ['digits', 'wdbc']
 * ```
 */
export function modelNames({ targets, channels }: RegistryState): string[] {
  const names = new Set([
    ...Object.keys(targets).flatMap((path) => parseManifestTarget(path)?.name ?? []),
    ...Object.keys(channels).flatMap((path) => parseChannelTarget(path) ?? []),
  ]);
  return [...names].toSorted();
}

/**
 * Versions of a model in the registry, each with its manifest. The order is that of the metadata.
 * @example
 * ```ts
 * [...listVersions(state, 'digits').keys()]; // ['1.0.0', '1.1.0']
 * ```
 */
export function listVersions(
  { targets }: RegistryState,
  name: string,
): Map<string, ResolvedTarget> {
  const versions = new Map<string, ResolvedTarget>();
  for (const [path, target] of Object.entries(targets)) {
    const manifest = parseManifestTarget(path);
    if (manifest?.name === name && isVersion(manifest.version))
      versions.set(manifest.version, resolved(path, target));
  }
  return versions;
}

function resolved(
  path: string,
  { length, sha256 }: { readonly length: number; readonly sha256: string },
): ResolvedTarget {
  return { path: layout.target(path, sha256), sizeBytes: length, sha256: sha256 as Sha256 };
}

function notFound(ref: ModelRef, why: string, known: readonly string[]): RegistryError {
  return new RegistryError(
    'MODEL_NOT_FOUND',
    `${formatModelRef(ref)} is not in the registry: ${why}. It has: ` +
      `${known.join(', ') || 'nothing'}.`,
    { details: { known } },
  );
}
