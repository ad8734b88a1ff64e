import { channelsRole, layout, rootSigned, withChannelsKeys } from '@perigee/registry';
import type { RoleKeys, Root, SigningKey } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { publicPart, roleOf } from '../keys/keys.ts';
import { withWriter } from './destination.ts';
import { commitMetadata, isSameRole, openRegistry } from './registry.ts';
import type { OpenRegistry, Publisher, RoleName } from './registry.ts';

export interface Rotation {
  readonly rootVersion: number;
  /** False when the role had these keys already. */
  readonly changed: boolean;
}

/**
 * Gives a role other keys. A new root is signed by the old keys of the root and by the new ones;
 * what the role signed is signed anew. A rotation that was killed is completed by the next one, or
 * by `resign`.
 * @throws CommandError when the keys to do so are not here
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
    const known = new Map([...root.keys, ...next.keys.map((key) => [key.keyid, publicPart(key)] as const)]);
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
    const changed: Root = { ...root, keys: known, roles: { ...root.roles, [name]: role }, version: root.version + 1 };
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
 * The next root, signed with every key that is here. The keys must be enough for the root before
 * and for the new one.
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
        `A new root needs ${role.threshold} of the root keys `
          + `${role.keyids.map((keyid) => keyid.slice(0, 12)).join(', ')}; ${own} of them `
          + `${own === 1 ? 'is' : 'are'} in ${keys.place}.`,
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
  /** Roles whose keys are not here, and until when they are valid. */
  readonly left: readonly { readonly role: RoleName; readonly expires: Date }[];
}

/**
 * Signs everything that expires anew, as a nightly job does, and the root when half of its time is
 * over. What the keys at hand cannot sign is left as it is. A rotation that was killed is
 * completed.
 * @throws CommandError when the keys of snapshot and timestamp are not here, unless the root alone could be renewed
 */
export async function resign(publisher: Publisher): Promise<Resigned> {
  const { to, keys, now = new Date() } = publisher;
  return withWriter(to, async (folder) => {
    const registry = await openRegistry(folder);
    const { roles, expiry } = registry;
    const { root } = roles;
    const here = keys.all.map(({ keyid }) => keyid);
    const canSign = (role: RoleKeys | undefined): boolean =>
      role !== undefined
      && role.keyids.filter((keyid) => here.includes(keyid)).length >= role.threshold;
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
      // A root key that is kept apart from the others: nothing else depends on the new root.
      await folder.write(file.path, file.bytes);
      return {
        metadataVersion: roles.timestamp.version,
        resigned: ['root'],
        left: leaving(['targets', 'channels', 'snapshot', 'timestamp']),
      };
    }
    if (can('root') && !can('snapshot') && !can('timestamp'))
      throw new CommandError(
        `Nothing was signed. The root is valid until ${day(root.expires)} and is renewed from `
          + `half of its time on; the keys of snapshot and timestamp are not in ${keys.place}.`,
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
