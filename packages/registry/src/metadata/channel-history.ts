import type { ChannelFile } from '../channel/channel.ts';
import { parseChannelFile } from '../channel/parse-channel.ts';
import { layout } from '../layout.ts';
import { parseMetadata } from '../tuf/parse-metadata.ts';
import { CHANNELS_ROLE } from './registry-state.ts';

export interface ChannelChange {
  /** Version of the channels role with this change. */
  readonly metadataVersion: number;
  readonly file: ChannelFile;
}

/** Resolves to undefined for a file that is not there. */
type ReadObject = (path: string) => Promise<Uint8Array | undefined>;

/**
 * Number of files to read at once. A registry that is signed nightly has hundreds of files, and a
 * network is slow.
 */
const AT_ONCE = 16;

/**
 * The states of a model's channels, oldest first, up to a version of the channels role. Metadata
 * files are never replaced, so they are complete, except for states whose files were deleted from
 * the host. Signatures of past metadata are not checked: the result is for people, who read what
 * happened.
 * @param latest version of the channels role
 * @param oldest version to begin with
 * @example
 * ```ts
 * const changes = await channelHistory(readFile, 'digits', 41);
 * changes.at(-1)?.file.note; // 'wrong labels since 1.2.0'
 * ```
 */
export async function channelHistory(
  read: ReadObject,
  model: string,
  latest: number,
  oldest = 1,
): Promise<ChannelChange[]> {
  const path = layout.channelTarget(model);
  const versions = Array.from({ length: Math.max(0, latest - oldest + 1) }, (_, i) => oldest + i);
  const listed = await inGroups(versions, async (version) => {
    const bytes = await read(layout.channels(version));
    const sha256 =
      bytes &&
      parseMetadata(bytes, 'targets', CHANNELS_ROLE).signed.targets.get(path)?.hashes['sha256'];
    return { version, sha256 };
  });
  const changed = listed.filter(
    ({ sha256 }, i) => sha256 !== undefined && sha256 !== listed[i - 1]?.sha256,
  );
  const changes = await inGroups(changed, async ({ version, sha256 = '' }) => {
    const document = await read(layout.target(path, sha256));
    return document && { metadataVersion: version, file: parseChannelFile(document) };
  });
  return changes
    .filter((change) => change !== undefined)
    .filter(({ file }, i, all) => file.sequence !== all[i - 1]?.file.sequence);
}

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}
