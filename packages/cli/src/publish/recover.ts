import { layout, parseMetadata } from '@perigee/registry';
import type { RegistryRoles } from '@perigee/registry';
import { copyOf, lacksOf, openCopy, refuseStranger } from './open-copy.ts';
import type { Copy } from './open-copy.ts';
import { targetOf, writeTarget } from './channels.ts';
import type { ChannelTarget } from './channels.ts';
import { withWriter } from './destination.ts';
import type { Folder } from './folder.ts';
import { commitMetadata, openRegistry } from './registry.ts';
import type { OpenRegistry, Publisher } from './registry.ts';

export interface Recovered {
  readonly metadataVersion: number;
  /** A sentence for each item that a copy has and this registry lacks. */
  readonly lacks: readonly string[];
}

interface RecoverOptions {
  /**
   * Places with a newer state of the same registry: its host, a mirror, or the other of two copies.
   */
  readonly seen: readonly string[];
  /** Number of versions to skip above the highest known one. */
  readonly skip: number;
}

/**
 * Recovers a registry after a backup was restored. Devices refuse versions below those they have
 * seen, so everything is signed again with higher ones. Roots that a copy has and the backup lacks
 * are copied, because keys may have changed since.
 * @throws CommandError when keys are missing, or a copy belongs to another registry
 */
export async function recover(
  publisher: Publisher,
  { seen, skip }: RecoverOptions,
): Promise<Recovered> {
  const { to } = publisher;
  return withWriter(to, async (folder) => {
    const copies = await Promise.all(seen.map(openCopy));
    const restored = await copyOf(to, await openRegistry(folder));
    for (const copy of copies) {
      await refuseStranger(restored, copy);
      await takeRoots(folder, restored, copy);
    }
    const registry = await openRegistry(folder);
    const own = await copyOf(to, registry);
    const targets = await nextChannelFiles(own, copies, skip, publisher);
    for (const target of targets) await writeTarget(folder, target);
    const channels = {
      ...registry.state.channels,
      ...Object.fromEntries(targets.map(({ path, entry }) => [path, entry])),
    };
    const all = [registry, ...copies.map((copy) => copy.registry)];
    const resign =
      skip > 0 || all.some((one) => !isSameTargets(registry, one)) ? (['targets'] as const) : [];
    const metadataVersion = await commitMetadata(
      { ...registry, roles: raised(all, skip) },
      { channels, resign },
      publisher,
    );
    return { metadataVersion, lacks: copies.flatMap((copy) => lacksOf(own, copy)) };
  });
}

/** Copies newer roots. Devices that have followed them accept no others. */
async function takeRoots(
  folder: Folder,
  { registry: { roles } }: Copy,
  { registry: newer }: Copy,
): Promise<void> {
  for (let version = roles.root.version + 1; version <= newer.roles.root.version; version += 1) {
    const bytes = await newer.folder.read(layout.root(version));
    if (!bytes) return;
    parseMetadata(bytes, 'root');
    await folder.write(layout.root(version), bytes);
  }
}

function raised([own, ...others]: readonly OpenRegistry[], skip: number): RegistryRoles {
  const { roles } = own as OpenRegistry;
  const raise = <K extends 'timestamp' | 'snapshot' | 'targets' | 'channels'>(
    name: K,
  ): RegistryRoles[K] => ({
    ...roles[name],
    version: Math.max(roles[name].version, ...others.map((one) => one.roles[name].version)) + skip,
  });
  return {
    ...roles,
    timestamp: raise('timestamp'),
    snapshot: raise('snapshot'),
    targets: raise('targets'),
    channels: raise('channels'),
  };
}

function isSameTargets(own: OpenRegistry, other: OpenRegistry): boolean {
  const metaOf = ({ roles }: OpenRegistry): string =>
    JSON.stringify(roles.snapshot.meta.get('targets.json'));
  return metaOf(own) === metaOf(other);
}

/**
 * The next channel files. Devices follow the floor and revocations of a channel file only if its
 * sequence is higher than the one they know.
 */
async function nextChannelFiles(
  own: Copy,
  copies: readonly Copy[],
  skip: number,
  { now = new Date() }: Publisher,
): Promise<ChannelTarget[]> {
  return Promise.all(
    [...own.channels].map(async ([model, file]) => {
      const sequence =
        Math.max(
          file.sequence,
          ...copies.map(({ channels }) => channels.get(model)?.sequence ?? 0),
        ) +
        skip +
        1;
      return targetOf(model, {
        ...file,
        sequence,
        updatedAt: now.toISOString(),
        note: 'recovered: signed again above the versions that devices have seen',
      });
    }),
  );
}
