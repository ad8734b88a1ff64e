import { channelsRole } from '@perigee/registry';
import type { RoleKeys } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { withWriter } from './destination.ts';
import { nextRoot } from './next-root.ts';
import { commitMetadata, openRegistry } from './registry.ts';
import type { Publisher, RoleName } from './registry.ts';

export interface Resigned {
  readonly metadataVersion: number;
  readonly resigned: readonly RoleName[];
  /** Roles whose keys are missing here. */
  readonly left: readonly UnsignedRole[];
}

/** A role that could not be signed, and the end of its validity. */
export interface UnsignedRole {
  readonly role: RoleName;
  readonly expires: Date;
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
        `Nothing was signed. The root is valid until ${day(root.expires)} and is renewed only ` +
          'after half of its lifetime. The keys of snapshot and timestamp are not in ' +
          `${keys.place}.`,
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
