import { channelsRole, layout, rootSigned, withChannelsKeys } from '@perigee/registry';
import type { RoleKeys, Root, SigningKey } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { publicPart, roleOf } from '../keys/keys.ts';
import { withWriter } from './destination.ts';
import { commitMetadata, isSameRole, openRegistry } from './registry.ts';
import type { OpenRegistry, Publisher, RoleName } from './registry.ts';

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

/**
 * The next root, signed with all available keys. They must suffice for the previous root and for
 * the new one.
 */
async function nextRoot(
  { roles, expiry }: OpenRegistry,
  next: Root,
  { keys, now = new Date() }: Publisher,
): Promise<{ readonly path: string; readonly bytes: Uint8Array }> {
  const here = keys.all.map(({ keyid }) => keyid);
  const mustSign = [roles.root.roles.root, next.roles.root];
  for (const role of mustSign) {
    const own = role.keyids.filter((keyid) => here.includes(keyid)).length;
    if (own < role.threshold)
      throw new CommandError(
        `A new root needs ${role.threshold} of the root keys ` +
          `${role.keyids.map((keyid) => keyid.slice(0, 12)).join(', ')}; ${own} of them ` +
          `${own === 1 ? 'is' : 'are'} in ${keys.place}.`,
      );
  }
  const keyids = [...new Set(mustSign.flatMap((role) => role.keyids))].filter((keyid) =>
    here.includes(keyid),
  );
  const bytes = await keys.sign(
    { name: 'root', keyids, threshold: keyids.length },
    rootSigned(next, next.version, expiry, now),
  );
  return { path: layout.root(next.version), bytes };
}

export interface Resigned {
  readonly metadataVersion: number;
  readonly resigned: readonly RoleName[];
  /** Roles whose keys are missing here, and the end of their validity. */
  readonly left: readonly { readonly role: RoleName; readonly expires: Date }[];
}

/**
 * Signs everything that expires again, for use in a nightly job. It renews the root when half of
 * its time is over. Roles whose keys are missing here stay unchanged. It completes a rotation that
 * was killed.
 * @throws CommandError when the keys of snapshot and timestamp are missing, unless the root alone
 * could be renewed
 * @example
 * ```ts
 * const { left } = await resign({ to: 'registry', keys });
 * ```
 */
export async function resign(publisher: Publisher): Promise<Resigned> {
  const { to, keys, now = new Date() } = publisher;
  return withWriter(to, async (folder) => {
    const registry = await openRegistry(folder);
    const { roles, expiry } = registry;
    const { root } = roles;
    const here = keys.all.map(({ keyid }) => keyid);
    const canSign = (role: RoleKeys | undefined): boolean =>
      role !== undefined &&
      role.keyids.filter((keyid) => here.includes(keyid)).length >= role.threshold;
    const signers = {
      root: root.roles.root,
      targets: root.roles.targets,
      channels: channelsRole(roles.targets),
      snapshot: root.roles.snapshot,
      timestamp: root.roles.timestamp,
    };
    const can = (name: RoleName): boolean => canSign(signers[name]);
    const leaving = (names: readonly RoleName[]): Resigned['left'] =>
      names.map((role) => ({ role, expires: roles[role].expires }));

    const rootIsDue = root.expires.getTime() - now.getTime() < (expiry.root / 2) * 86_400_000;
    const renewed = rootIsDue && can('root') ? { ...root, version: root.version + 1 } : undefined;
    const file = renewed && (await nextRoot(registry, renewed, publisher));
    if (file && !(can('snapshot') && can('timestamp'))) {
      // Only a separately kept root key is here. Write the root alone; nothing else depends on it.
      await folder.write(file.path, file.bytes);
      return {
        metadataVersion: roles.timestamp.version,
        resigned: ['root'],
        left: leaving(['targets', 'channels', 'snapshot', 'timestamp']),
      };
    }
    if (can('root') && !can('snapshot') && !can('timestamp'))
      throw new CommandError(
        `Nothing was signed. The root is valid until ${day(root.expires)} and is renewed from ` +
          `half of its time on; the keys of snapshot and timestamp are not in ${keys.place}.`,
      );
    const online = (['targets', 'channels'] as const).filter(can);
    const metadataVersion = await commitMetadata(
      { ...registry, roles: { ...roles, root: renewed ?? root } },
      { resign: online },
      publisher,
      file,
    );
    const left = (['root', 'targets', 'channels'] as const).filter((name) => !can(name));
    return {
      metadataVersion,
      resigned: [...(file ? ['root' as const] : []), ...online, 'snapshot', 'timestamp'],
      left: leaving(left),
    };
  });
}

export const day = (date: Date): string => date.toISOString().slice(0, 10);
