import { blockedBy } from '../channel/choose-version.ts';
import type { ChannelFile } from '../channel/channel.ts';
import { DEFAULT_CHANNEL } from '../model-ref.ts';
import { newestInRange } from '../version.ts';

/**
 * The references of a model whose types can be known, by the version that has these types: the
 * name, the name with each channel, and the name with each major version. A channel that gives
 * devices versions of several major versions is left out, because their types differ.
 * @param versions of the model in the registry
 * @param channels of the model; null without channels
 * @example
 * ```ts
 * knownRefs('digits', ['1.0.0', '1.1.0'], channels); // '1.1.0' → digits, digits@stable, digits@1
 * ```
 */
export function knownRefs(
  name: string,
  versions: readonly string[],
  channels: ChannelFile | null,
): ReadonlyMap<string, readonly string[]> {
  const refs = new Map<string, string[]>();
  const add = (version: string, ref: string): void => {
    refs.set(version, [...(refs.get(version) ?? []), ref]);
  };
  for (const channel of Object.keys(channels?.channels ?? {}).toSorted()) {
    const [version, ...others] = versionsOf(channels, channel);
    if (version === undefined || others.some((one) => majorOf(one) !== majorOf(version))) continue;
    if (channel === DEFAULT_CHANNEL) add(version, name);
    add(version, `${name}@${channel}`);
  }
  const allowed = versions.filter((version) => !channels || blockedBy(channels, version) === null);
  for (const major of [...new Set(allowed.map(majorOf))].toSorted()) {
    const newest = newestInRange(allowed, major);
    if (newest !== undefined) add(newest, `${name}@${major}`);
  }
  return refs;
}

/** The versions that a channel gives devices: its own version first. */
function versionsOf(file: ChannelFile | null, name: string): string[] {
  const channel = file?.channels[name];
  if (!file || !channel) return [];
  const arms = name === DEFAULT_CHANNEL ? (file.experiments ?? []).flatMap(({ arms }) => arms) : [];
  return [channel, ...(channel.rollout ? [channel.rollout] : []), ...arms]
    .map(({ version }) => version)
    .filter((version) => blockedBy(file, version) === null);
}

function majorOf(version: string): string {
  return version.split('.', 1)[0] ?? '';
}
