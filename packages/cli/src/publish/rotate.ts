import { channelsRole, withChannelsKeys } from '@perigee/registry';
import type { Root, SigningKey } from '@perigee/registry';
import { publicPart, roleOf } from '../keys/keys.ts';
import { withWriter } from './destination.ts';
import { nextRoot } from './next-root.ts';
import { commitMetadata, isSameRole, openRegistry } from './registry.ts';
import type { Publisher, RoleName } from './registry.ts';

export interface Rotation {
  readonly rootVersion: number;
  /** False if the role had these keys already. */
  readonly changed: boolean;
}

/**
 * Changes the keys of a role. The old and the new keys of the root sign a new root, and the
 * metadata of the role is signed again. The next rotation, or `resign()`, completes a rotation that
 * was killed.
 * @throws CommandError when the necessary keys are missing
 * @example
 * ```ts
 * await rotateKeys(publisher, 'timestamp', { keys: [await createKeyPair()] });
 * ```
 */
export async function rotateKeys(
  publisher: Publisher,
  name: RoleName,
  next: { readonly keys: readonly SigningKey[]; readonly threshold?: number },
): Promise<Rotation> {
  return withWriter(publisher.to, async (folder) => {
    const registry = await openRegistry(folder);
    const { roles } = registry;
    const { root } = roles;
    const role = roleOf(name, next.keys, next.threshold);
    const known = new Map([
      ...root.keys,
      ...next.keys.map((key) => [key.keyid, publicPart(key)] as const),
    ]);
    const before = name === 'channels' ? channelsRole(roles.targets) : root.roles[name];
    if (before && isSameRole(before, role)) {
      if (registry.unsigned.length > 0) await commitMetadata(registry, {}, publisher);
      return { rootVersion: root.version, changed: registry.unsigned.length > 0 };
    }
    if (name === 'channels') {
      const targets = withChannelsKeys(roles.targets, known, role);
      await commitMetadata(
        { ...registry, roles: { ...roles, targets } },
        { resign: ['targets', 'channels'] },
        publisher,
      );
      return { rootVersion: root.version, changed: true };
    }
    const changed: Root = {
      ...root,
      keys: known,
      roles: { ...root.roles, [name]: role },
      version: root.version + 1,
    };
    const file = await nextRoot(registry, changed, publisher);
    await commitMetadata(
      { ...registry, roles: { ...roles, root: changed } },
      name === 'targets' ? { resign: ['targets'] } : {},
      publisher,
      file,
    );
    return { rootVersion: changed.version, changed: true };
  });
}
